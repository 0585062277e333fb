// SPDX-License-Identifier: GPL-2.0-or-later
#include "der.h"

#include <algorithm>

namespace nfsieve::tls {

std::optional<DerItem> DerReader::next() {
    ByteReader reader(bytes_);
    bytes_ = {};
    const std::uint8_t tag = reader.u8();
    std::size_t length = reader.u8();
    if (!reader.ok() || (tag & 0x1f) == 0x1f)
        return std::nullopt;
    if (length >= 0x80) {
        const std::size_t count = length & 0x7f;
        if (count == 0 || count > 4)
            return std::nullopt;
        length = 0;
        for (std::size_t i = 0; i < count; ++i)
            length = length << 8 | reader.u8();
    }
    const Bytes content = reader.bytes(length);
    if (!reader.ok())
        return std::nullopt;
    bytes_ = reader.bytes(reader.left());
    return DerItem{tag, content};
}

std::optional<Bytes> DerReader::next(std::uint8_t tag) {
    if (bytes_.empty() || bytes_.front() != tag)
        return std::nullopt;
    const auto item = next();
    return item ? std::optional(item->content) : std::nullopt;
}

std::string oid_text(Bytes content) {
    // The last byte of a number, and no other, has its upper bit clear.
    if (content.empty() || (content.back() & 0x80) != 0)
        return {};
    std::string text;
    std::uint64_t number = 0;
    for (const std::uint8_t byte : content) {
        if (number >> 57 != 0)
            return {};
        number = number << 7 | (byte & 0x7f);
        if ((byte & 0x80) != 0)
            continue;
        if (text.empty()) { // the first two share a number
            const std::uint64_t first = std::min<std::uint64_t>(number / 40, 2);
            text = std::to_string(first);
            number -= first * 40;
        }
        text += '.';
        text += std::to_string(number);
        number = 0;
    }
    return text;
}

} // namespace nfsieve::tls
