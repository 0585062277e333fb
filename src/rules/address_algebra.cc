// SPDX-License-Identifier: GPL-2.0-or-later
#include "address_algebra.h"

namespace nfsieve {
namespace {

Prefix mapped_v4() {
    constexpr std::array<std::uint8_t, 4> zero{};
    return {Address::v4(zero.data()), 96};
}

void flip_bit(Address& address, unsigned bit) {
    address.bytes[bit / 8] = static_cast<std::uint8_t>(address.bytes[bit / 8] ^ (0x80U >> (bit % 8)));
}

/// The first `length` bits of an address.
Prefix truncated(const Address& address, unsigned length) {
    Prefix prefix{address, static_cast<std::uint8_t>(length)};
    for (unsigned bit = length; bit < 128; ++bit)
        if ((address.bytes[bit / 8] & (0x80U >> (bit % 8))) != 0)
            flip_bit(prefix.address, bit);
    return prefix;
}

} // namespace

bool covers(const Prefix& outer, const Prefix& inner) {
    return outer.length <= inner.length && outer.contains(inner.address);
}

std::vector<Prefix> without_exceptions(const AddressSet& set) {
    std::vector<Prefix> blocks = set.include;
    if (blocks.empty())
        blocks.push_back({Address{}, 0});
    for (const Prefix& hole : set.exclude) {
        std::vector<Prefix> kept;
        for (const Prefix& block : blocks) {
            if (covers(hole, block))
                continue;
            if (!covers(block, hole)) {
                kept.push_back(block);
                continue;
            }
            // Walk from the block down to the hole and keep the half that the hole is not in.
            for (unsigned length = block.length; length < hole.length; ++length) {
                Prefix half = truncated(hole.address, length + 1);
                flip_bit(half.address, length);
                kept.push_back(half);
            }
        }
        blocks = std::move(kept);
    }
    return blocks;
}

AddressSet addresses_of(const Prefix& prefix, bool written_as_v6) {
    AddressSet set;
    set.include.push_back(prefix);
    if (written_as_v6 && prefix.length < 96 && covers(prefix, mapped_v4()))
        set.exclude.push_back(mapped_v4());
    return set;
}

AddressSet addresses_left(std::vector<AddressSet> included, const std::vector<AddressSet>& excluded) {
    AddressSet result;
    const auto append = [](std::vector<Prefix>& to, const AddressSet& from) {
        if (from.exclude.empty() && !from.include.empty()) {
            to.insert(to.end(), from.include.begin(), from.include.end());
        } else {
            const std::vector<Prefix> blocks = without_exceptions(from);
            to.insert(to.end(), blocks.begin(), blocks.end());
        }
    };
    if (included.size() == 1)
        result = std::move(included.front());
    else
        for (const AddressSet& set : included)
            append(result.include, set);
    for (const AddressSet& set : excluded)
        append(result.exclude, set);
    return result;
}

Prefix block_of(const Address& address, unsigned length) {
    return truncated(address, length);
}

std::vector<Prefix> blocks_between(const Address& first, const Address& last) {
    std::vector<Prefix> blocks;
    Address next = first;
    while (next <= last) {
        // The largest block that begins here and does not go beyond the end.
        unsigned length = 128;
        Address end = next;
        while (length > 0) {
            const unsigned bit = length - 1;
            const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
            Address wider = end;
            wider.bytes[bit / 8] = static_cast<std::uint8_t>(wider.bytes[bit / 8] | mask);
            if ((next.bytes[bit / 8] & mask) != 0 || wider > last)
                break;
            end = wider;
            length = bit;
        }
        blocks.push_back({next, static_cast<std::uint8_t>(length)});
        // One behind the end.
        next = end;
        std::size_t at = next.bytes.size();
        while (at > 0 && ++next.bytes[at - 1] == 0)
            --at;
        if (at == 0)
            break; // all addresses are behind us
    }
    return blocks;
}

} // namespace nfsieve
