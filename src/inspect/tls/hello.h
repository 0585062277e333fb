// SPDX-License-Identifier: GPL-2.0-or-later
// What a ClientHello or a ServerHello says (RFC 8446, 4.1; RFC 5246, 7.4.1; RFC 6101 for SSLv3).
#pragma once

#include "event_set.h"
#include "nfsieve/base/bytes.h"
#include "nfsieve/flow/connection.h"
#include "protocol.h"

#include <optional>

namespace nfsieve::tls {

/// Everything borrows from the message. Lists are as they stand in it, without their lengths; one that is
/// missing or does not fit its extension is empty.
struct Hello {
    std::uint16_t legacy_version = 0; ///< the field at the hello's start
    std::uint16_t version = 0;        ///< what is chosen, or liked best
    bool retry = false;               ///< a server's HelloRetryRequest
    bool sslv2_format = false;
    Bytes random;                 ///< 32 bytes; empty for an SSLv2 hello
    Bytes cipher_suites;          ///< 2 bytes each; of a server the one it chose
    Bytes extensions;             ///< type, length and data of each: they fit
    bool has_server_name = false; ///< the extension is there
    Bytes server_name;            ///< the first host name
    Bytes protocols;              ///< ALPN: a byte of length and a name each: they fit
    Bytes groups;                 ///< 2 bytes each
    Bytes point_formats;          ///< 1 byte each
    Bytes signature_algorithms;   ///< 2 bytes each
    Bytes supported_versions;     ///< 2 bytes each
};

/// `hello` has nothing where the message does not fit itself; `events` says what is odd about it.
struct ParsedHello {
    std::optional<Hello> hello;
    EventSet events;
};

/// `body`: the handshake message behind its header.
[[nodiscard]] ParsedHello parse_hello(Side sender, Bytes body);
/// `record`: an SSLv2 record behind its two bytes of length, message type included (RFC 5246, E.2).
[[nodiscard]] ParsedHello parse_sslv2_hello(Bytes record);

/// The type and the data of each extension.
template <typename Visit>
void each_extension(Bytes extensions, Visit visit) {
    ByteReader reader(extensions);
    while (reader.left() > 0) {
        const std::uint16_t type = reader.be16();
        const Bytes data = reader.bytes(reader.be16());
        if (!reader.ok())
            return;
        visit(type, data);
    }
}

/// The numbers of two bytes of a list, GREASE left out.
template <typename Visit>
void each_number(Bytes list, Visit visit) {
    for (ByteReader reader(list); reader.left() >= 2;)
        if (const std::uint16_t number = reader.be16(); !is_grease(number))
            visit(number);
}

} // namespace nfsieve::tls
