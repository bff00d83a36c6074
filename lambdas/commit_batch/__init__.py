"""Make a landing batch the next data version when its marker arrives."""
