"""GROUND. One person's address in its several spellings."""


def plain_address(address: str) -> str:
    """The address without its +detail (RFC 5233 §1): `ann+shop@x` is `ann@x`; googlemail.com is gmail.com."""
    local, _, domain = address.rpartition("@")
    if domain == "googlemail.com":
        domain = "gmail.com"
    base = local.partition("+")[0]
    return f"{base or local}@{domain}" if domain else address
