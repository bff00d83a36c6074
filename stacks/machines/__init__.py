"""The state machines as plain Amazon States Language, with `${Placeholders}` for what CloudFormation knows."""
