// SPDX-License-Identifier: GPL-2.0-or-later
#include "parser.h"

#include <algorithm>
#include <string_view>

namespace nfsieve {
namespace ssh {
namespace {

constexpr std::string_view prefix = "SSH-";
constexpr std::size_t longest_identification = 255;              // section 4.2
constexpr std::size_t smallest_packet = 12, block = 8;           // section 6
constexpr std::size_t largest_packet = 35000, least_padding = 4; // sections 6.1 and 6
constexpr std::uint8_t msg_newkeys = 21;                         // section 7.3

} // namespace

AppParser::Outcome SshParser::feed(Side sender, Bytes bytes, TransactionListener&) {
    Direction& from = directions_[index(sender)];
    consumed_ = 0;
    while (outcome_ == Outcome::watching && !from.encrypts && consumed_ < bytes.size())
        consumed_ += take(from, bytes.subspan(consumed_));
    if (outcome_ == Outcome::watching && directions_[0].encrypts && directions_[1].encrypts)
        outcome_ = Outcome::encrypted;
    else
        consumed_ = bytes.size();
    return outcome_;
}

AppParser::Outcome SshParser::finish(Side, TransactionListener&) {
    consumed_ = 0;
    return outcome_;
}

/// Returns how many bytes off the front of `bytes`, which is not empty, are dealt with.
std::size_t SshParser::take(Direction& from, Bytes bytes) {
    if (!from.packets)
        return take_identification(from, bytes);
    if (from.have < header_size) {
        const std::size_t count = std::min(header_size - from.have, bytes.size());
        std::copy_n(bytes.begin(), count, from.header.begin() + static_cast<std::ptrdiff_t>(from.have));
        from.have += count;
        if (from.have == header_size)
            begin_packet(from);
        return count;
    }
    const std::size_t count = std::min(from.left, bytes.size());
    from.left -= count;
    if (from.left == 0) {
        from.have = 0;
        from.encrypts = from.new_keys;
    }
    return count;
}

std::size_t SshParser::take_identification(Direction& from, Bytes bytes) {
    const std::uint8_t byte = bytes.front();
    if (from.identified < prefix.size() && byte != static_cast<std::uint8_t>(prefix[from.identified]))
        outcome_ = Outcome::over;
    if (++from.identified > longest_identification)
        outcome_ = Outcome::over;
    from.packets = byte == '\n';
    return 1;
}

void SshParser::begin_packet(Direction& from) {
    const std::size_t length = load_be32(from.header.data());
    const std::size_t padding = from.header[4];
    if (length < smallest_packet || length > largest_packet || (length + 4) % block != 0 ||
        padding < least_padding || padding + 2 > length) {
        outcome_ = Outcome::over;
        return;
    }
    from.left = length - 2;
    from.new_keys = from.header[5] == msg_newkeys;
}

} // namespace ssh

Likeness looks_like_ssh(Bytes first) {
    const std::string_view text = as_text(first);
    Likeness found = Likeness::no;
    for (const std::string_view version : {"SSH-2.0-", "SSH-1.99-"}) {
        if (text.starts_with(version))
            return Likeness::yes;
        if (version.starts_with(text))
            found = Likeness::more;
    }
    return found;
}

} // namespace nfsieve
