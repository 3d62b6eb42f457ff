"""WeChat official accounts (微信公众号): the callback protocol, the HTTPS interface, the menu."""
