// SPDX-License-Identifier: GPL-2.0-or-later
// What can be odd about a TLS handshake, under the names that Suricata 7 gives its app-layer events. Only
// what the parser does report stands here: a rule about another name must be refused.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace nfsieve {

enum class TlsEvent : std::uint8_t {
    invalid_sslv2_header,         ///< an SSLv2 hello whose lengths contradict each other
    invalid_record_version,       ///< a record of major version other than 3
    invalid_record_type,          ///< not a TLS record: nothing can be followed from there on
    invalid_record_length,        ///< more than 2^14 + 2048 bytes (RFC 5246, 6.2.3)
    invalid_handshake_message,    ///< of an unknown type, or a hello of the wrong end
    handshake_invalid_length,     ///< a hello that does not fit itself, or more handshake than the limit
    invalid_heartbeat_message,    ///< RFC 6520
    overflow_heartbeat_message,   ///< asks for more than it carries (CVE-2014-0160)
    multiple_sni_extensions,      ///< the first one counts
    invalid_sni_type,             ///< a server name that is no host name
    invalid_sni_length,           ///< empty, or beyond 255 bytes
    invalid_certificate,          ///< the list of certificates does not fit its message
    certificate_invalid_der,      ///< the first certificate cannot be decoded
    certificate_invalid_serial,   ///< it has no serial number
    certificate_invalid_x509name, ///< its subject or issuer cannot be decoded
};

/// By event, in the order of the enumeration.
inline constexpr std::array<std::string_view, 15> tls_event_name_table = {
    "tls.invalid_sslv2_header",      "tls.invalid_record_version",     "tls.invalid_record_type",
    "tls.invalid_record_length",     "tls.invalid_handshake_message",  "tls.handshake_invalid_length",
    "tls.invalid_heartbeat_message", "tls.overflow_heartbeat_message", "tls.multiple_sni_extensions",
    "tls.invalid_sni_type",          "tls.invalid_sni_length",         "tls.invalid_certificate",
    "tls.certificate_invalid_der",   "tls.certificate_invalid_serial", "tls.certificate_invalid_x509name",
};

/// "tls.invalid_record_type": lives as long as the program.
[[nodiscard]] constexpr std::string_view event_name(TlsEvent event) {
    return tls_event_name_table[static_cast<std::size_t>(event)];
}

/// Every name that on_event() of the TLS parser can be called with.
[[nodiscard]] constexpr std::span<const std::string_view> tls_event_names() {
    return tls_event_name_table;
}

} // namespace nfsieve
