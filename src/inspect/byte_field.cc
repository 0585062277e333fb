// SPDX-License-Identifier: GPL-2.0-or-later
#include "byte_field.h"

#include <bit>

namespace nfsieve {
namespace {

constexpr std::size_t longest_binary = 8, longest_text = 23;

bool is_blank(std::uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/// The digit's value, or a number that no base has.
unsigned digit(std::uint8_t byte) {
    if (byte >= '0' && byte <= '9')
        return static_cast<unsigned>(byte - '0');
    const unsigned letter = byte | 0x20U;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 99;
}

std::optional<ReadNumber> read_text(Bytes bytes, unsigned base) {
    std::size_t at = 0;
    while (at < bytes.size() && is_blank(bytes[at]))
        ++at;
    bool negative = false;
    if (at < bytes.size() && (bytes[at] == '+' || bytes[at] == '-'))
        negative = bytes[at++] == '-';
    if (base == 16 && at + 2 < bytes.size() && bytes[at] == '0' && (bytes[at + 1] | 0x20) == 'x' &&
        digit(bytes[at + 2]) < base)
        at += 2;
    const std::size_t first = at;
    std::uint64_t value = 0;
    for (; at < bytes.size() && digit(bytes[at]) < base; ++at)
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit(bytes[at]), &value))
            return std::nullopt;
    if (at == first)
        return std::nullopt;
    return ReadNumber{negative ? 0 - value : value, at};
}

} // namespace

std::optional<ReadNumber> read_number(const ByteField& field, Bytes bytes) {
    if (field.base != 0)
        return bytes.size() > longest_text ? std::nullopt : read_text(bytes, field.base);
    if (bytes.size() > longest_binary)
        return std::nullopt;
    ReadNumber number{0, bytes.size()};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::uint64_t byte = field.little_endian ? bytes[bytes.size() - 1 - i] : bytes[i];
        number.value = number.value << 8 | byte;
    }
    return number;
}

std::uint64_t masked(std::uint64_t value, std::uint64_t bitmask) {
    return bitmask == 0 ? value : (value & bitmask) >> std::countr_zero(bitmask);
}

bool holds(const ByteTestCheck& test, std::uint64_t field, std::uint64_t value) {
    using Op = ByteTestCheck::Op;
    bool result = false;
    switch (test.op) {
    case Op::less:
        result = field < value;
        break;
    case Op::greater:
        result = field > value;
        break;
    case Op::equal:
        result = field == value;
        break;
    case Op::less_equal:
        result = field <= value;
        break;
    case Op::greater_equal:
        result = field >= value;
        break;
    case Op::bit_and:
        result = (field & value) != 0;
        break;
    case Op::bit_or: // "^", which Suricata's engine reads as exclusive
        result = (field ^ value) != 0;
        break;
    }
    return result != test.negated;
}

std::optional<std::uint64_t> reckon(ByteMathCheck::Op op, std::uint64_t left, std::uint64_t right) {
    using Op = ByteMathCheck::Op;
    switch (op) {
    case Op::add:
        return left + right;
    case Op::subtract:
        return left - right;
    case Op::multiply:
        return left * right;
    case Op::divide:
        return right == 0 ? std::nullopt : std::optional(left / right);
    case Op::shift_left:
        return right < 64 ? left << right : 0;
    case Op::shift_right:
        return right < 64 ? left >> right : 0;
    }
    return std::nullopt;
}

std::uint64_t jump_distance(const ByteJumpCheck& jump, std::uint64_t field) {
    const std::uint64_t scaled = field * jump.multiplier;
    return (jump.align ? aligned(scaled, 4) : scaled) + static_cast<std::uint64_t>(jump.post_offset);
}

std::uint64_t aligned(std::uint64_t value, unsigned multiple) {
    if (multiple < 2 || value % multiple == 0)
        return value;
    return value + (multiple - value % multiple);
}

} // namespace nfsieve
