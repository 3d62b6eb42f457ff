"""E-mail: reading a mailbox over IMAP, understanding what is in it, answering over SMTP."""
