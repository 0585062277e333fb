// SPDX-License-Identifier: GPL-2.0-or-later
#include "transaction.h"

#include "fingerprints.h"
#include "hex.h"

#include <algorithm>

namespace nfsieve::tls {
namespace {

/// "1.2", "SSLv3"; a number that has no name as "0x7f1c".
std::string version_text(std::uint16_t value) {
    switch (value) {
    case version::ssl2:
        return "SSLv2";
    case version::ssl3:
        return "SSLv3";
    case version::tls10:
        return "1.0";
    case version::tls11:
        return "1.1";
    case version::tls12:
        return "1.2";
    case version::tls13:
        return "1.3";
    default:
        std::string text = "0x";
        const std::array<std::uint8_t, 2> bytes = {static_cast<std::uint8_t>(value >> 8),
                                                   static_cast<std::uint8_t>(value)};
        append_hex(text, bytes, HexCase::lower);
        return text;
    }
}

/// What `make` gives, made once.
template <typename Make>
Bytes cached(std::optional<std::string>& text, Make make) {
    if (!text)
        text = make();
    return as_bytes(*text);
}

std::optional<Bytes> protocol(Bytes protocols, std::size_t instance) {
    for (ByteReader reader(protocols); reader.left() > 0; --instance) {
        const Bytes name = reader.bytes(reader.u8());
        if (instance == 0)
            return name;
    }
    return std::nullopt;
}

std::optional<Bytes> unless_empty(Bytes bytes) {
    return bytes.empty() ? std::nullopt : std::optional(bytes);
}

std::size_t size_of(const std::optional<std::string>& text) {
    return text ? text->capacity() : 0;
}

} // namespace

std::optional<BufferBytes> HandshakeTransaction::buffer(Side sender, const BufferView& view,
                                                        std::size_t instance) {
    const BufferInfo& about = info(view.buffer);
    if (about.protocol != AppProtocol::tls || !(sender == Side::client ? about.to_server : about.to_client) ||
        (instance > 0 && about.kind != BufferInfo::Kind::instances))
        return std::nullopt;
    Part& from = part(sender);
    auto bytes = of_hello(sender, from, view.buffer, instance);
    if (!bytes)
        bytes = of_certificates(from, view.buffer, instance);
    return bytes ? std::optional(BufferBytes{*bytes, 0, true}) : std::nullopt;
}

std::optional<Bytes> HandshakeTransaction::of_hello(Side sender, Part& part, Buffer buffer,
                                                    std::size_t instance) {
    if (!part.hello)
        return std::nullopt;
    const Hello& hello = *part.hello;
    if (buffer == Buffer::tls_version)
        return as_bytes(part.version);
    if (hello.sslv2_format)
        return std::nullopt;
    const auto ja3 = [&] { return cached(part.ja3, [&] { return ja3_string(sender, hello); }); };
    switch (buffer) {
    case Buffer::tls_sni:
        return unless_empty(hello.server_name);
    case Buffer::tls_alpn:
        return protocol(hello.protocols, instance);
    case Buffer::tls_random:
        return hello.random;
    case Buffer::tls_random_time:
        return hello.random.first(4);
    case Buffer::tls_random_bytes:
        return hello.random.subspan(4);
    case Buffer::ja3_string:
    case Buffer::ja3s_string:
        return ja3();
    case Buffer::ja3_hash:
    case Buffer::ja3s_hash:
        return cached(part.ja3_hash, [&] { return md5_hex(as_text(ja3())); });
    case Buffer::ja4_hash:
        return cached(part.ja4, [&] { return ja4_hash(hello); });
    default:
        return std::nullopt;
    }
}

std::optional<Bytes> HandshakeTransaction::of_certificates(Part& part, Buffer buffer, std::size_t instance) {
    const CertificateList& list = part.certificates;
    if (list.chain.empty())
        return std::nullopt;
    if (buffer == Buffer::tls_certs)
        return instance < list.chain.size() ? std::optional(list.chain[instance]) : std::nullopt;
    if (buffer == Buffer::tls_cert_fingerprint)
        return cached(part.fingerprint, [&] { return sha1_fingerprint(list.chain.front()); });
    if (!list.names)
        return std::nullopt;
    switch (buffer) {
    case Buffer::tls_cert_subject:
        return as_bytes(list.names->subject);
    case Buffer::tls_cert_issuer:
        return as_bytes(list.names->issuer);
    case Buffer::tls_cert_serial:
        return as_bytes(list.names->serial);
    default:
        return std::nullopt;
    }
}

EventSet HandshakeTransaction::set_hello(Side sender, std::vector<std::uint8_t>&& message,
                                         bool sslv2_format) {
    Part& to = part(sender);
    to.hello.reset(); // it borrows from the message that goes
    to.ja3.reset();
    to.ja3_hash.reset();
    to.ja4.reset();
    to.hello_message = std::move(message);
    const ParsedHello parsed =
        sslv2_format ? parse_sslv2_hello(to.hello_message) : parse_hello(sender, to.hello_message);
    to.hello = parsed.hello;
    if (to.hello)
        to.version = version_text(to.hello->version);
    return parsed.events;
}

EventSet HandshakeTransaction::set_certificates(Side sender, std::vector<std::uint8_t>&& message) {
    Part& to = part(sender);
    to.certificates = {};
    to.fingerprint.reset();
    to.certificate_message = std::move(message);
    to.certificates = parse_certificates(to.certificate_message);
    return to.certificates.events;
}

void HandshakeTransaction::reach(Side sender, Stage stage) {
    part(sender).stage = std::max(part(sender).stage, stage);
}

std::size_t HandshakeTransaction::memory() const {
    std::size_t sum = sizeof *this;
    for (const Part& each : parts_) {
        sum += each.hello_message.capacity() + each.certificate_message.capacity() +
               each.certificates.chain.capacity() * sizeof(Bytes);
        if (const auto& names = each.certificates.names)
            sum += names->subject.capacity() + names->issuer.capacity() + names->serial.capacity();
        sum += size_of(each.ja3) + size_of(each.ja3_hash) + size_of(each.ja4) + size_of(each.fingerprint);
    }
    return sum;
}

} // namespace nfsieve::tls
