// SPDX-License-Identifier: GPL-2.0-or-later
// What a rule demands of one buffer, as plain data: Suricata's payload keywords, in the order in which they
// stand. https://docs.suricata.io/en/suricata-7.0.10/rules/payload-keywords.html is the reference for each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace nfsieve {

/// A number of the rule's text, or a variable that byte_extract or byte_math of the same rule sets.
struct Operand {
    std::int64_t number = 0;
    std::optional<std::uint32_t> variable; ///< below SignatureSpec::variables
    bool operator==(const Operand&) const = default;
};

/// A comparison of a number: `a <= x <= b` for `range` is written with both ends included.
struct NumberTest {
    enum class Op : std::uint8_t { equal, not_equal, less, greater, less_equal, greater_equal, range };
    Op op = Op::equal;
    std::uint64_t first = 0, last = 0; ///< `last` for range alone
    bool operator==(const NumberTest&) const = default;
    [[nodiscard]] bool holds(std::uint64_t value) const;
};

/// content, with its modifiers. `startswith` stands as depth = the content's length, offset 0.
struct ContentCheck {
    std::string bytes;
    bool nocase = false, negated = false;
    std::optional<Operand> offset, depth;    ///< from the buffer's start; depth counts from the offset
    std::optional<Operand> distance, within; ///< either: relative to where the last match ended
    bool ends_with = false;                  ///< the match ends where the buffer ends
    bool fast_pattern = false;               ///< the rule's author wants it to be the trigger
    std::optional<std::pair<std::uint16_t, std::uint16_t>> chop; ///< fast_pattern:offset,length
    [[nodiscard]] bool relative() const { return distance || within; }
    bool operator==(const ContentCheck&) const = default;
};

/// pcre. The letters that name a buffer have become the BufferView.
struct PcreCheck {
    std::string pattern; ///< between the slashes
    bool caseless = false, multiline = false, dotall = false, extended = false, anchored = false,
         dollar_endonly = false, ungreedy = false;
    bool relative = false; ///< R: begins at or behind where the last match ended
    bool negated = false;
    bool operator==(const PcreCheck&) const = default;
};

/// How byte_test, byte_jump, byte_extract and byte_math read a number.
struct ByteField {
    Operand count;  ///< bytes
    Operand offset; ///< from the buffer's start or the last match's end; may be negative where relative
    bool relative = false, little_endian = false;
    std::uint8_t base = 0;     ///< digits of text in this base (8, 10, 16); 0: binary
    std::uint64_t bitmask = 0; ///< 0: none; the result is shifted right by its trailing zeros
    bool operator==(const ByteField&) const = default;
};

struct ByteTestCheck {
    enum class Op : std::uint8_t { less, greater, equal, less_equal, greater_equal, bit_and, bit_or };
    ByteField field;
    Op op = Op::equal;
    bool negated = false; ///< "!" before the operator
    Operand value;
    bool operator==(const ByteTestCheck&) const = default;
};

struct ByteJumpCheck {
    enum class From : std::uint8_t { field, beginning, end };
    ByteField field;
    From from = From::field;
    std::uint32_t multiplier = 1;
    bool align = false; ///< the jump is rounded up to 4 bytes
    std::int32_t post_offset = 0;
    bool operator==(const ByteJumpCheck&) const = default;
};

struct ByteExtractCheck {
    ByteField field;
    std::uint32_t variable = 0;
    std::uint32_t multiplier = 1;
    std::uint8_t align = 0; ///< 2 or 4: the value is rounded up to a multiple
    bool operator==(const ByteExtractCheck&) const = default;
};

struct ByteMathCheck {
    enum class Op : std::uint8_t { add, subtract, multiply, divide, shift_left, shift_right };
    ByteField field;
    Op op = Op::add;
    Operand value;
    std::uint32_t variable = 0;
    bool operator==(const ByteMathCheck&) const = default;
};

struct IsDataAtCheck {
    Operand offset;
    bool relative = false, negated = false;
    bool operator==(const IsDataAtCheck&) const = default;
};

/// bsize, and urilen on a URI.
struct SizeCheck {
    NumberTest size;
    bool operator==(const SizeCheck&) const = default;
};

struct Check;

/// base64_decode, and what stands behind base64_data.
struct Base64Check {
    std::optional<std::uint32_t> bytes; ///< of text to decode at most
    std::uint32_t offset = 0;
    bool relative = false;
    std::vector<Check> inside; ///< hold in the decoded bytes; empty: something can be decoded
    bool operator==(const Base64Check&) const;
};

struct Check {
    std::variant<ContentCheck, PcreCheck, ByteTestCheck, ByteJumpCheck, ByteExtractCheck, ByteMathCheck,
                 IsDataAtCheck, SizeCheck, Base64Check>
        what;
    bool operator==(const Check&) const = default;
};

inline bool Base64Check::operator==(const Base64Check& other) const {
    return bytes == other.bytes && offset == other.offset && relative == other.relative &&
           inside == other.inside;
}

} // namespace nfsieve
