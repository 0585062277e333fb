# SPDX-License-Identifier: GPL-2.0-or-later
"""What the ends of an SSH connection say in the clear (RFC 4253)."""

KEXINIT, NEWKEYS, KEXDH_INIT, KEXDH_REPLY = 20, 21, 30, 31


def packet(message: int, content: bytes = b"") -> bytes:
    """One packet, padded to a multiple of 8 bytes by 4 at least (section 6)."""
    padding = 4 + -(5 + 1 + len(content) + 4) % 8
    return (2 + len(content) + padding).to_bytes(4, "big") + bytes((padding, message)) + content + bytes(padding)


CLIENT_HELLO = b"SSH-2.0-client\r\n" + packet(KEXINIT, bytes(1500)) + packet(KEXDH_INIT, bytes(36)) + packet(NEWKEYS)
SERVER_HELLO = b"SSH-2.0-server\r\n" + packet(KEXINIT, bytes(1000)) + packet(KEXDH_REPLY, bytes(300)) + packet(NEWKEYS)
