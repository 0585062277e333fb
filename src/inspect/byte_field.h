// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers in bytes: what byte_test, byte_jump, byte_extract and byte_math read and reckon.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/rules/check.h"

#include <cstdint>
#include <optional>

namespace nfsieve {

struct ReadNumber {
    std::uint64_t value = 0;
    std::size_t consumed = 0; ///< bytes: all of a binary field, of text up to the last digit
};

/// The field's number, `bytes` being exactly the field. Text is read as C's strtoull does (blanks, a sign, 0x
/// for base 16, digits up to the first byte that is none). Nothing where no number stands there, or one
/// beyond 64 bits, or where the field is longer than 8 bytes (text: 23). The mask is not applied.
[[nodiscard]] std::optional<ReadNumber> read_number(const ByteField& field, Bytes bytes);

/// The bitmask applied: what is left is shifted right by the mask's trailing zeros.
[[nodiscard]] std::uint64_t masked(std::uint64_t value, std::uint64_t bitmask);

[[nodiscard]] bool holds(const ByteTestCheck& test, std::uint64_t field, std::uint64_t value);

/// Nothing for a division by zero. Wraps at 64 bits; a shift by 64 and more leaves 0.
[[nodiscard]] std::optional<std::uint64_t> reckon(ByteMathCheck::Op op, std::uint64_t left,
                                                  std::uint64_t right);

/// Bytes that a byte_jump goes, as a two's complement number.
[[nodiscard]] std::uint64_t jump_distance(const ByteJumpCheck& jump, std::uint64_t field);

/// Rounded up to a multiple; 0 and 1 change nothing.
[[nodiscard]] std::uint64_t aligned(std::uint64_t value, unsigned multiple);

} // namespace nfsieve
