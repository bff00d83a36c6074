"""What the prediction API decides: strict parsing, assignment, answers, problems. `evergreen.aws` carries it out."""
