// SPDX-License-Identifier: GPL-2.0-or-later
#include "distinguished_name.h"

#include "der.h"
#include "hex.h"

#include <algorithm>
#include <array>

namespace nfsieve::tls {
namespace {

constexpr std::size_t max_text = 32768;

struct Attribute {
    std::string_view oid, name;
};

/// Abbreviated as rules are written (RFC 4514 and habit), the others by their names of RFC 4519 and X.520.
constexpr std::array<Attribute, 27> attributes = {{
    {"2.5.4.3", "CN"},
    {"2.5.4.4", "surname"},
    {"2.5.4.5", "serialNumber"},
    {"2.5.4.6", "C"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.9", "streetAddress"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"2.5.4.12", "title"},
    {"2.5.4.13", "description"},
    {"2.5.4.15", "businessCategory"},
    {"2.5.4.17", "postalCode"},
    {"2.5.4.18", "postOfficeBox"},
    {"2.5.4.20", "telephoneNumber"},
    {"2.5.4.41", "name"},
    {"2.5.4.42", "givenName"},
    {"2.5.4.43", "initials"},
    {"2.5.4.44", "generationQualifier"},
    {"2.5.4.46", "dnQualifier"},
    {"2.5.4.65", "pseudonym"},
    {"2.5.4.97", "organizationIdentifier"},
    {"0.9.2342.19200300.100.1.1", "UID"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"1.2.840.113549.1.9.1", "Email"},
    {"1.2.840.113549.1.9.2", "unstructuredName"},
    {"1.2.840.113549.1.9.8", "unstructuredAddress"},
}};

bool append_attribute_name(std::string& text, Bytes oid) {
    const std::string dotted = oid_text(oid);
    const auto* known = std::find_if(attributes.begin(), attributes.end(),
                                     [&](const Attribute& candidate) { return candidate.oid == dotted; });
    if (known != attributes.end())
        text += known->name;
    else
        text.append("OID(").append(dotted).append(1, ')');
    return !dotted.empty();
}

/// `code` is below 2^21; what is no character is written all the same, as its number would be.
void append_utf8(std::string& text, std::uint32_t code) {
    const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80U | ((code >> shift) & 0x3fU)); };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xc0U | code >> 6);
        tail(0);
    } else if (code < 0x10000) {
        text += static_cast<char>(0xe0U | code >> 12);
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xf0U | ((code >> 18) & 7U));
        tail(12);
        tail(6);
        tail(0);
    }
}

/// Well-formed as far as the lengths of its sequences go: enough to tell UTF-8 from Latin-1.
bool is_utf8(Bytes bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const std::uint8_t lead = bytes[i++];
        const std::size_t tail = lead < 0x80 ? 0 : lead < 0xc2 ? 9 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if (lead > 0xf4 || tail > bytes.size() - i)
            return false;
        for (std::size_t k = 0; k < tail; ++k)
            if ((bytes[i++] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/// UTF-16, where issuers put more than the Basic Multilingual Plane into a BMPString.
bool append_bmp(std::string& text, Bytes content) {
    if (content.size() % 2 != 0)
        return false;
    ByteReader reader(content);
    while (reader.left() > 0) {
        std::uint32_t code = reader.be16();
        if (code >> 10 == 0x36 && reader.left() >= 2) {
            ByteReader ahead = reader;
            if (const std::uint32_t low = ahead.be16(); low >> 10 == 0x37) {
                code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
                reader = ahead;
            }
        }
        append_utf8(text, code);
    }
    return true;
}

bool append_universal(std::string& text, Bytes content) {
    if (content.size() % 4 != 0)
        return false;
    for (ByteReader reader(content); reader.left() > 0;)
        append_utf8(text, reader.be32() & 0x1fffffU);
    return true;
}

bool append_value(std::string& text, const DerItem& value) {
    switch (value.tag) {
    case der_tag::bmp_string:
        return append_bmp(text, value.content);
    case der_tag::universal_string:
        return append_universal(text, value.content);
    case der_tag::t61_string:
        // In practice Latin-1, or UTF-8 under the wrong name.
        if (!is_utf8(value.content)) {
            for (const std::uint8_t byte : value.content)
                append_utf8(text, byte);
            return true;
        }
        [[fallthrough]];
    case der_tag::utf8_string:
    case der_tag::numeric_string:
    case der_tag::printable_string:
    case der_tag::videotex_string:
    case der_tag::ia5_string:
    case der_tag::graphic_string:
    case der_tag::visible_string:
    case der_tag::general_string:
    case der_tag::object_descriptor:
        text += as_text(value.content);
        return true;
    default:
        append_hex(text, value.content, HexCase::upper);
        return true;
    }
}

/// SET OF SEQUENCE { type, value }
bool append_set(std::string& text, Bytes set) {
    DerReader members(set);
    if (!members.more())
        return false;
    for (bool first = true; members.more(); first = false) {
        const auto member = members.next(der_tag::sequence);
        if (!member)
            return false;
        DerReader fields(*member);
        const auto type = fields.next(der_tag::oid);
        const auto value = type ? fields.next() : std::nullopt;
        if (!value || fields.more())
            return false;
        if (!first)
            text += " + ";
        if (!append_attribute_name(text, *type))
            return false;
        text += '=';
        if (!append_value(text, *value) || text.size() > max_text)
            return false;
    }
    return true;
}

} // namespace

std::optional<std::string> name_text(Bytes name) {
    std::string text;
    DerReader sets(name);
    while (sets.more()) {
        const auto set = sets.next(der_tag::set);
        if (!text.empty())
            text += ", ";
        if (!set || !append_set(text, *set))
            return std::nullopt;
    }
    return text;
}

} // namespace nfsieve::tls
