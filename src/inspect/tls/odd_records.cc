// SPDX-License-Identifier: GPL-2.0-or-later
// Records that are neither handshake nor encryption.
#include "parser.h"

#include <algorithm>

namespace nfsieve::tls {

/// RFC 6520, 4: type, length, that many bytes, and 16 of padding at least.
void TlsParser::on_heartbeat(Side sender, Bytes body, TransactionListener& listener) {
    Direction& from = direction(sender);
    const Bytes front = body.first(std::min(from.heartbeat.size() - from.heartbeat_size, body.size()));
    for (const std::uint8_t byte : front)
        from.heartbeat[from.heartbeat_size++] = byte;
    consumed_ += front.size();
    if (!front.empty() && from.heartbeat_size == from.heartbeat.size()) {
        const std::size_t length = from.records.header().length, payload = load_be16(&from.heartbeat[1]);
        const bool known = from.heartbeat[0] == 1 || from.heartbeat[0] == 2;
        if (known && payload + 3 > length)
            report(sender, TlsEvent::overflow_heartbeat_message, listener);
        else if (!known || payload + 3 + 16 > length)
            report(sender, TlsEvent::invalid_heartbeat_message, listener);
    }
    consumed_ += body.size() - front.size();
}

/// A client's first record, where an old one offers SSLv2 or what is newer (RFC 5246, E.2).
void TlsParser::on_sslv2(Side sender, Bytes rest, TransactionListener& listener) {
    Direction& from = direction(sender);
    from.begun = true;
    std::size_t wanted = 2;
    if (from.sslv2.size() >= wanted)
        wanted += load_be16(from.sslv2.data()) & 0x7fffU;
    const Bytes part = rest.first(std::min(wanted - from.sslv2.size(), rest.size()));
    consumed_ += part.size();
    from.sslv2.insert(from.sslv2.end(), part.begin(), part.end());
    if (from.sslv2.size() < wanted)
        return;
    if (wanted == 2) {
        const std::size_t length = load_be16(from.sslv2.data()) & 0x7fffU;
        if (length == 0 || length > limits_.handshake)
            fail(sender, TlsEvent::invalid_sslv2_header, listener);
        return;
    }
    std::vector<std::uint8_t> record(from.sslv2.begin() + 2, from.sslv2.end());
    from.sslv2 = {};
    on_hello(sender, std::move(record), true, listener);
}

} // namespace nfsieve::tls
