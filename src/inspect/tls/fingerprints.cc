// SPDX-License-Identifier: GPL-2.0-or-later
#include "fingerprints.h"

#include "hex.h"

#include <algorithm>
#include <array>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <vector>

namespace nfsieve::tls {
namespace {

/// Decimal numbers with '-' between them.
class DecimalList {
public:
    explicit DecimalList(std::string& text) : text_(text) {}
    void add(std::uint16_t number) {
        if (!first_)
            text_ += '-';
        first_ = false;
        text_ += std::to_string(number);
    }

private:
    std::string& text_;
    bool first_ = true;
};

void append_numbers(std::string& text, Bytes list) {
    DecimalList out(text);
    each_number(list, [&](std::uint16_t number) { out.add(number); });
}

/// "002f,0035": four digits of hex each.
std::string hex_list(const std::vector<std::uint16_t>& numbers) {
    std::string text;
    for (const std::uint16_t number : numbers) {
        if (!text.empty())
            text += ',';
        const std::array<std::uint8_t, 2> bytes = {static_cast<std::uint8_t>(number >> 8),
                                                   static_cast<std::uint8_t>(number)};
        append_hex(text, bytes, HexCase::lower);
    }
    return text;
}

/// The first twelve digits of SHA-256, zeros for nothing.
std::string short_hash(const std::string& text) {
    if (text.empty())
        return std::string(12, '0');
    sha256_ctx context;
    std::array<std::uint8_t, 6> digest;
    nettle_sha256_init(&context);
    nettle_sha256_update(&context, text.size(), as_bytes(text).data());
    nettle_sha256_digest(&context, digest.size(), digest.data());
    std::string hex;
    append_hex(hex, digest, HexCase::lower);
    return hex;
}

std::string_view ja4_version(const Hello& hello) {
    std::uint16_t highest = 0;
    each_number(hello.supported_versions, [&](std::uint16_t value) { highest = std::max(highest, value); });
    switch (highest != 0 ? highest : hello.legacy_version) {
    case version::tls13:
        return "13";
    case version::tls12:
        return "12";
    case version::tls11:
        return "11";
    case version::tls10:
        return "10";
    case version::ssl3:
        return "s3";
    case version::ssl2:
        return "s2";
    default:
        return "00";
    }
}

bool is_alphanumeric(std::uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/// The first and the last character of the first protocol that is not GREASE; of its hex where one of them
/// is neither a letter nor a digit.
std::string ja4_protocol(Bytes protocols) {
    for (ByteReader reader(protocols); reader.left() > 0;) {
        const Bytes name = reader.bytes(reader.u8());
        if (name.empty() || (name.size() == 2 && is_grease(load_be16(name.data()))))
            continue;
        if (is_alphanumeric(name.front()) && is_alphanumeric(name.back()))
            return {static_cast<char>(name.front()), static_cast<char>(name.back())};
        std::string hex;
        append_hex(hex, name, HexCase::lower);
        return {hex.front(), hex.back()};
    }
    return "00";
}

std::string two_digits(std::size_t number) {
    number = std::min<std::size_t>(number, 99);
    return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

} // namespace

std::string ja3_string(Side sender, const Hello& hello) {
    std::string text = std::to_string(hello.legacy_version);
    text += ',';
    append_numbers(text, hello.cipher_suites);
    text += ',';
    DecimalList extensions(text);
    each_extension(hello.extensions, [&](std::uint16_t type, Bytes) {
        if (!is_grease(type))
            extensions.add(type);
    });
    if (sender == Side::server)
        return text;
    text += ',';
    append_numbers(text, hello.groups);
    text += ',';
    DecimalList formats(text);
    for (const std::uint8_t format : hello.point_formats)
        formats.add(format);
    return text;
}

std::string ja4_hash(const Hello& hello) {
    std::vector<std::uint16_t> suites, extensions, algorithms;
    std::size_t extension_count = 0;
    each_number(hello.cipher_suites, [&](std::uint16_t suite) { suites.push_back(suite); });
    each_number(hello.signature_algorithms, [&](std::uint16_t number) { algorithms.push_back(number); });
    each_extension(hello.extensions, [&](std::uint16_t type, Bytes) {
        if (is_grease(type))
            return;
        ++extension_count;
        if (type != extension_type::server_name && type != extension_type::alpn)
            extensions.push_back(type);
    });
    std::string hash = "t";
    hash += ja4_version(hello);
    hash += hello.has_server_name ? 'd' : 'i';
    hash += two_digits(suites.size());
    hash += two_digits(extension_count);
    hash += ja4_protocol(hello.protocols);
    std::sort(suites.begin(), suites.end());
    std::sort(extensions.begin(), extensions.end());
    std::string last = hex_list(extensions);
    if (!algorithms.empty())
        last.append(1, '_').append(hex_list(algorithms));
    hash.append(1, '_').append(short_hash(hex_list(suites)));
    hash.append(1, '_').append(short_hash(last));
    return hash;
}

std::string md5_hex(std::string_view text) {
    md5_ctx context;
    std::array<std::uint8_t, MD5_DIGEST_SIZE> digest;
    nettle_md5_init(&context);
    nettle_md5_update(&context, text.size(), as_bytes(text).data());
    nettle_md5_digest(&context, digest.size(), digest.data());
    std::string hex;
    append_hex(hex, digest, HexCase::lower);
    return hex;
}

std::string sha1_fingerprint(Bytes certificate) {
    sha1_ctx context;
    std::array<std::uint8_t, SHA1_DIGEST_SIZE> digest;
    nettle_sha1_init(&context);
    nettle_sha1_update(&context, certificate.size(), certificate.data());
    nettle_sha1_digest(&context, digest.size(), digest.data());
    std::string hex;
    append_hex(hex, digest, HexCase::lower, ':');
    return hex;
}

} // namespace nfsieve::tls
