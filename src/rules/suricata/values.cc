// SPDX-License-Identifier: GPL-2.0-or-later
#include "values.h"

#include "nfsieve/base/wording.h"
#include "rule_text.h"

#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <utility>

namespace nfsieve::suricata {
namespace {

using Op = NumberTest::Op;

constexpr std::array<std::pair<std::string_view, Op>, 8> operators = {{
    {"<=", Op::less_equal},
    {">=", Op::greater_equal},
    {"!=", Op::not_equal},
    {"==", Op::equal},
    {"<", Op::less},
    {">", Op::greater},
    {"!", Op::not_equal},
    {"=", Op::equal},
}};

} // namespace

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<std::int64_t> parse_signed(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    const auto value = parse_unsigned(text);
    if (!value || *value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return std::nullopt;
    const auto magnitude = static_cast<std::int64_t>(*value);
    return negative ? -magnitude : magnitude;
}

Result<NumberTest> parse_number_test(std::string_view text, std::uint64_t most) {
    text = trimmed(text);
    const auto bad = [&] {
        return Error{in_quotes(text) + " is no comparison; write a number up to " + std::to_string(most) +
                     ", <N, >N, <=N, >=N, !N or N<>M"};
    };
    const auto number = [&](std::string_view word) -> std::optional<std::uint64_t> {
        const auto value = parse_unsigned(trimmed(word));
        return value && *value <= most ? value : std::nullopt;
    };
    const auto between = text.find("<>");
    const auto dash = between == std::string_view::npos ? text.find('-', 1) : std::string_view::npos;
    if (between != std::string_view::npos || dash != std::string_view::npos) {
        const std::size_t at = between != std::string_view::npos ? between : dash;
        const auto low = number(text.substr(0, at));
        const auto high = number(text.substr(at + (between != std::string_view::npos ? 2 : 1)));
        if (!low || !high)
            return bad();
        if (*high <= *low + 1)
            return Error{in_quotes(text) + " leaves no number: both ends are left out of a range"};
        return NumberTest{Op::range, *low + 1, *high - 1};
    }
    for (const auto& [word, op] : operators) {
        if (!text.starts_with(word))
            continue;
        const auto value = number(text.substr(word.size()));
        if (!value)
            return bad();
        return NumberTest{op, *value, 0};
    }
    const auto value = number(text);
    if (!value)
        return bad();
    return NumberTest{Op::equal, *value, 0};
}

std::optional<NumberTest::Op> parse_comparison(std::string_view text) {
    for (const auto& [word, op] : operators)
        if (word == text && word != "!")
            return op;
    return std::nullopt;
}

} // namespace nfsieve::suricata
