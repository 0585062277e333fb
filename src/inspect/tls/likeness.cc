// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/app_parser.h"
#include "protocol.h"

#include <array>

namespace nfsieve {
namespace {

using namespace tls;

/// Records that a peer may put before its first message without the other end minding.
constexpr int max_leading_records = 8;

/// RFC 5246, E.2: an SSLv2 hello, whose lengths must add up.
Likeness looks_like_sslv2_client(Bytes first) {
    constexpr std::size_t fixed = 11;
    if (first.size() > 2 && first[2] != message_type::client_hello)
        return Likeness::no;
    if (first.size() > 3 && first[3] != 0 && first[3] != 3) // the major version
        return Likeness::no;
    if (first.size() < fixed)
        return Likeness::more;
    const std::size_t length = load_be16(first.data()) & 0x7fffU;
    const std::size_t suites = load_be16(&first[5]), session = load_be16(&first[7]),
                      challenge = load_be16(&first[9]);
    const bool fits = suites > 0 && suites % 3 == 0 && 9 + suites + session + challenge == length;
    return fits ? Likeness::yes : Likeness::no;
}

/// Type 4, session id known or not, an X.509 certificate or none, version 0.2.
Likeness looks_like_sslv2_server(Bytes first) {
    struct Expected {
        std::uint8_t lowest, highest;
    };
    constexpr std::array<Expected, 5> behind_length = {{{4, 4}, {0, 1}, {0, 1}, {0, 0}, {2, 2}}};
    for (std::size_t i = 0; i < behind_length.size(); ++i) {
        if (i + 2 >= first.size())
            return Likeness::more;
        if (first[i + 2] < behind_length[i].lowest || first[i + 2] > behind_length[i].highest)
            return Likeness::no;
    }
    return Likeness::yes;
}

/// A hello; of a server also the request for one, which clients ignore here.
bool opens(Side sender, std::uint8_t type) {
    return sender == Side::client ? type == message_type::client_hello
                                  : type == message_type::server_hello || type == 0;
}

} // namespace

Likeness looks_like_tls(Side sender, Bytes first) {
    if (!first.empty() && (first[0] & 0x80) != 0)
        return sender == Side::client ? looks_like_sslv2_client(first) : looks_like_sslv2_server(first);
    for (int leading = 0; leading < max_leading_records; ++leading) {
        if (first.empty())
            return Likeness::more;
        const bool alert = first[0] == record_type::alert;
        if (!alert && first[0] != record_type::handshake)
            return Likeness::no;
        // The minor number is for the hello to say: RFC 8446, 5.1 has receivers ignore this one.
        if (first.size() > 1 && first[1] != 3)
            return Likeness::no;
        if (first.size() > 3 && (first[3] > max_record_size >> 8 || (alert && first[3] != 0)))
            return Likeness::no;
        if (first.size() < record_header_size)
            return Likeness::more;
        const std::size_t length = load_be16(&first[3]);
        if (alert && length != 2)
            return Likeness::no;
        if (alert && sender == Side::server)
            return Likeness::yes;
        if (!alert && length > 0) {
            if (first.size() == record_header_size)
                return Likeness::more;
            return opens(sender, first[record_header_size]) ? Likeness::yes : Likeness::no;
        }
        if (first.size() < record_header_size + length)
            return Likeness::more;
        first = first.subspan(record_header_size + length);
    }
    return Likeness::no;
}

} // namespace nfsieve
