// SPDX-License-Identifier: GPL-2.0-or-later
#include "hello.h"

#include <algorithm>
#include <array>

namespace nfsieve::tls {
namespace {

constexpr std::size_t max_host_name = 255;

/// SHA-256 of "HelloRetryRequest": the random of a ServerHello that is one (RFC 8446, 4.1.3).
constexpr std::array<std::uint8_t, random_size> retry_random = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

bool is_known(std::uint16_t value) {
    return (value >= version::ssl3 && value <= version::tls13) || is_tls13(value);
}

/// Reads the extensions of one hello into it.
class ExtensionReader {
public:
    ExtensionReader(Side sender, Hello& hello, EventSet& events)
        : sender_(sender), hello_(hello), events_(events) {}

    void read(std::uint16_t type, Bytes data) {
        if (data.empty() && type != extension_type::server_name)
            return;
        switch (type) {
        case extension_type::server_name:
            return server_name(data);
        case extension_type::supported_groups:
            hello_.groups = list(data, 2, 2);
            return;
        case extension_type::ec_point_formats:
            hello_.point_formats = list(data, 1, 1);
            return;
        case extension_type::signature_algorithms:
            hello_.signature_algorithms = list(data, 2, 2);
            return;
        case extension_type::alpn:
            return protocols(list(data, 2, 1));
        case extension_type::supported_versions:
            return versions(data);
        default:
            return;
        }
    }

private:
    void complain() { events_.add(TlsEvent::handshake_invalid_length); }

    /// A list behind its length, of members of `member` bytes.
    Bytes list(Bytes data, std::size_t length_size, std::size_t member) {
        ByteReader reader(data);
        const std::size_t length = length_size == 1 ? reader.u8() : reader.be16();
        const Bytes members = reader.bytes(length);
        if (reader.ok() && reader.left() == 0 && length % member == 0)
            return members;
        complain();
        return reader.ok() ? members.first(members.size() - members.size() % member) : Bytes{};
    }

    /// RFC 6066, 3. A server only says that it has used the name, in an empty extension.
    void server_name(Bytes data) {
        if (hello_.has_server_name)
            return events_.add(TlsEvent::multiple_sni_extensions);
        hello_.has_server_name = true;
        if (sender_ == Side::server || data.empty())
            return;
        ByteReader names(list(data, 2, 1));
        while (names.left() > 0) {
            const std::uint8_t type = names.u8();
            const Bytes name = names.bytes(names.be16());
            if (!names.ok())
                return events_.add(TlsEvent::invalid_sni_length);
            if (type != 0) {
                events_.add(TlsEvent::invalid_sni_type);
                continue;
            }
            if (name.empty() || name.size() > max_host_name)
                events_.add(TlsEvent::invalid_sni_length);
            // A rule may look at an overlong one all the same: some servers do.
            hello_.server_name = name;
            return;
        }
    }

    /// RFC 7301, 3.1: names up to the first that does not fit.
    void protocols(Bytes names) {
        ByteReader reader(names);
        std::size_t fits = 0;
        while (reader.left() > 0) {
            reader.skip(reader.u8());
            if (!reader.ok()) {
                complain();
                break;
            }
            fits = reader.position();
        }
        hello_.protocols = names.first(fits);
    }

    /// RFC 8446, 4.2.1: a client's list, the best first; of a server the one.
    void versions(Bytes data) {
        hello_.supported_versions =
            sender_ == Side::client ? list(data, 1, 2) : data.first(data.size() >= 2 ? 2 : 0);
        bool found = false;
        each_number(hello_.supported_versions, [&](std::uint16_t value) {
            if (!found && (is_known(value) || sender_ == Side::server)) {
                hello_.version = value;
                found = true;
            }
        });
    }

    Side sender_;
    Hello& hello_;
    EventSet& events_;
};

/// The block of extensions, which may be missing. False where they do not fit.
bool read_extensions(Side sender, ByteReader& reader, Hello& hello, EventSet& events) {
    if (reader.left() == 0)
        return true;
    hello.extensions = reader.bytes(reader.be16());
    if (!reader.ok())
        return false;
    ByteReader fits(hello.extensions);
    while (fits.left() > 0) {
        fits.skip(2);
        fits.skip(fits.be16());
        if (!fits.ok())
            return false;
    }
    ExtensionReader read(sender, hello, events);
    each_extension(hello.extensions, [&](std::uint16_t type, Bytes data) { read.read(type, data); });
    // Some read on, some do not: what stands in front is known either way.
    if (reader.left() > 0)
        events.add(TlsEvent::handshake_invalid_length);
    return true;
}

ParsedHello does_not_fit(TlsEvent why) {
    ParsedHello parsed;
    parsed.events.add(why);
    return parsed;
}

} // namespace

ParsedHello parse_hello(Side sender, Bytes body) {
    ParsedHello parsed;
    Hello hello;
    ByteReader reader(body);
    hello.legacy_version = hello.version = reader.be16();
    hello.random = reader.bytes(random_size);
    if (sender == Side::client) {
        reader.skip(reader.u8()); // session id
        hello.cipher_suites = reader.bytes(reader.be16());
        reader.skip(reader.u8()); // compression methods
        if (hello.cipher_suites.size() % 2 != 0)
            return does_not_fit(TlsEvent::handshake_invalid_length);
    } else {
        hello.retry =
            std::equal(hello.random.begin(), hello.random.end(), retry_random.begin(), retry_random.end());
        // The drafts before the 22nd had neither a session id nor a compression method.
        const bool draft = is_tls13(hello.legacy_version);
        if (!draft)
            reader.skip(reader.u8());
        hello.cipher_suites = reader.bytes(2);
        if (!draft)
            reader.skip(1);
    }
    if (!reader.ok() || !read_extensions(sender, reader, hello, parsed.events))
        return does_not_fit(TlsEvent::handshake_invalid_length);
    parsed.hello = hello;
    return parsed;
}

ParsedHello parse_sslv2_hello(Bytes record) {
    ByteReader reader(record);
    const std::uint8_t type = reader.u8();
    Hello hello;
    hello.sslv2_format = true;
    hello.legacy_version = reader.be16();
    hello.version = version::ssl2;
    const std::size_t suites = reader.be16(), session = reader.be16(), challenge = reader.be16();
    if (!reader.ok() || type != message_type::client_hello || suites == 0 || suites % 3 != 0 ||
        suites + session + challenge != reader.left())
        return does_not_fit(TlsEvent::invalid_sslv2_header);
    ParsedHello parsed;
    parsed.hello = hello;
    return parsed;
}

} // namespace nfsieve::tls
