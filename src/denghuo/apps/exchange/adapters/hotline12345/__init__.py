"""12345 政务热线: orders come in with their own number and limit; progress, result or a return with reason go out."""
