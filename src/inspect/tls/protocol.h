// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers of TLS (RFC 5246, RFC 8446 and the IANA registries).
#pragma once

#include <cstddef>
#include <cstdint>

namespace nfsieve::tls {

namespace record_type {
inline constexpr std::uint8_t change_cipher_spec = 20, alert = 21, handshake = 22, application_data = 23,
                              heartbeat = 24;
}

namespace message_type {
inline constexpr std::uint8_t client_hello = 1, server_hello = 2, certificate = 11;
}

namespace extension_type {
inline constexpr std::uint16_t server_name = 0, supported_groups = 10, ec_point_formats = 11,
                               signature_algorithms = 13, alpn = 16, supported_versions = 43;
}

namespace version {
inline constexpr std::uint16_t ssl2 = 0x0002, ssl3 = 0x0300, tls10 = 0x0301, tls11 = 0x0302, tls12 = 0x0303,
                               tls13 = 0x0304;
}

inline constexpr std::size_t record_header_size = 5, message_header_size = 4, random_size = 32;
/// Of an encrypted record, the longest there is (RFC 5246, 6.2.3).
inline constexpr std::size_t max_record_size = 16384 + 2048;

/// TLS 1.3 or one of its drafts: the certificates are encrypted.
[[nodiscard]] constexpr bool is_tls13(std::uint16_t value) {
    return value == version::tls13 || value >> 8 == 0x7f;
}

/// Reserved numbers that mean nothing (RFC 8701): 0x0a0a, 0x1a1a, ... 0xfafa.
[[nodiscard]] constexpr bool is_grease(std::uint16_t value) {
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

} // namespace nfsieve::tls
