// SPDX-License-Identifier: GPL-2.0-or-later
// byte_test, byte_jump and byte_extract.
// https://docs.suricata.io/en/suricata-7.0.10/rules/payload-keywords.html#byte-test
#include "byte_field.h"
#include "handlers.h"
#include "nfsieve/base/wording.h"
#include "values.h"

#include <array>
#include <limits>
#include <utility>

namespace nfsieve::suricata {
namespace {

Draft::Otherwise otherwise(const ByteField& field) {
    return field.relative ? Draft::Otherwise::last_match : Draft::Otherwise::payload;
}

/// "3" behind a word, at most `most`; complains else.
std::optional<std::uint32_t> number(FieldReader& reader, const Piece& piece, std::uint32_t most) {
    const auto value = parse_unsigned(piece.text);
    if (value && *value <= most)
        return static_cast<std::uint32_t>(*value);
    reader.complain(piece, in_quotes(piece.text) + " is no number from 0 to " + std::to_string(most));
    return std::nullopt;
}

std::string not_known(const Piece& piece) {
    return in_quotes(piece.text) + " is not known here";
}

bool good_name(std::string_view name) {
    return !name.empty() && name.find_first_not_of("0123456789") != std::string_view::npos &&
           name.find_first_of(" \t\"") == std::string_view::npos;
}

using TestOp = ByteTestCheck::Op;
constexpr std::array<std::pair<std::string_view, TestOp>, 8> operators = {{
    {"<=", TestOp::less_equal},
    {">=", TestOp::greater_equal},
    {"<", TestOp::less},
    {">", TestOp::greater},
    {"=", TestOp::equal},
    {"&", TestOp::bit_and},
    {"^", TestOp::bit_or},
    {"", TestOp::equal}, // "!" alone: not equal
}};

bool read_operator(std::string_view word, ByteTestCheck& test) {
    if (word.empty())
        return false;
    test.negated = word.starts_with('!');
    if (test.negated)
        word = trimmed(word.substr(1));
    for (const auto& [name, op] : operators) {
        if (name == word) {
            test.op = op;
            return true;
        }
    }
    return false;
}

} // namespace

void read_byte_test(Draft& draft, const Option& option, const Keyword&) {
    const auto pieces = split(option.value, option.value_at, ',');
    if (pieces.size() < 4)
        return draft.complain(option, "write BYTES,OPERATOR,VALUE,OFFSET and what else there is");
    FieldReader reader(draft, option);
    ByteTestCheck test;
    reader.read_count(pieces[0]);
    if (!read_operator(pieces[1].text, test))
        reader.complain(pieces[1], in_quotes(pieces[1].text) + " is no operator; there are < > = <= >= & ^, "
                                                               "each with ! in front of it or without");
    // Values above the signed range are kept bit by bit.
    if (const auto value = parse_unsigned(pieces[2].text))
        test.value.number = static_cast<std::int64_t>(*value);
    else if (const auto other = draft.operand(option, pieces[2], std::numeric_limits<std::int64_t>::min(),
                                              std::numeric_limits<std::int64_t>::max()))
        test.value = *other;
    else
        return;
    reader.read_offset(pieces[3]);
    for (std::size_t i = 4; i < pieces.size(); ++i)
        if (!reader.take(pieces[i]))
            reader.complain(pieces[i], not_known(pieces[i]));
    if (!reader.finish())
        return;
    test.field = reader.field;
    draft.add(option, {test}, otherwise(test.field));
}

void read_byte_jump(Draft& draft, const Option& option, const Keyword&) {
    const auto pieces = split(option.value, option.value_at, ',');
    if (pieces.size() < 2)
        return draft.complain(option, "write BYTES,OFFSET and what else there is");
    FieldReader reader(draft, option);
    ByteJumpCheck jump;
    reader.read_count(pieces[0]);
    reader.read_offset(pieces[1]);
    for (std::size_t i = 2; i < pieces.size(); ++i) {
        const Piece& piece = pieces[i];
        if (piece.text == "align") {
            jump.align = true;
        } else if (piece.text == "from_beginning") {
            jump.from = ByteJumpCheck::From::beginning;
        } else if (piece.text == "from_end") {
            jump.from = ByteJumpCheck::From::end;
        } else if (const auto factor = behind(piece, "multiplier")) {
            jump.multiplier = number(reader, *factor, 65535).value_or(1);
        } else if (const auto post = behind(piece, "post_offset")) {
            const auto value = parse_signed(post->text);
            if (value && *value >= -65535 && *value <= 65535)
                jump.post_offset = static_cast<std::int32_t>(*value);
            else
                reader.complain(*post, in_quotes(post->text) + " is no number from -65535 to 65535");
        } else if (!reader.take(piece)) {
            reader.complain(piece, not_known(piece));
        }
    }
    if (!reader.finish())
        return;
    jump.field = reader.field;
    draft.add(option, {jump}, otherwise(jump.field));
}

void read_byte_extract(Draft& draft, const Option& option, const Keyword&) {
    const auto pieces = split(option.value, option.value_at, ',');
    if (pieces.size() < 3)
        return draft.complain(option, "write BYTES,OFFSET,NAME and what else there is");
    FieldReader reader(draft, option);
    ByteExtractCheck extract;
    reader.read_count(pieces[0]);
    reader.read_offset(pieces[1]);
    if (!good_name(pieces[2].text))
        reader.complain(pieces[2], in_quotes(pieces[2].text) + " is no name for a variable");
    for (std::size_t i = 3; i < pieces.size(); ++i) {
        const Piece& piece = pieces[i];
        if (const auto factor = behind(piece, "multiplier")) {
            extract.multiplier = number(reader, *factor, 65535).value_or(1);
        } else if (const auto align = behind(piece, "align")) {
            if (align->text == "2" || align->text == "4")
                extract.align = align->text == "2" ? 2 : 4;
            else
                reader.complain(*align, "align is 2 or 4");
        } else if (!reader.take(piece)) {
            reader.complain(piece, not_known(piece));
        }
    }
    if (!reader.finish())
        return;
    extract.field = reader.field;
    extract.variable = draft.variable(pieces[2].text);
    draft.add(option, {extract}, otherwise(extract.field));
}

void read_byte_math(Draft& draft, const Option& option, const Keyword&) {
    using MathOp = ByteMathCheck::Op;
    constexpr std::array<std::pair<std::string_view, MathOp>, 6> known = {{
        {"+", MathOp::add},
        {"-", MathOp::subtract},
        {"*", MathOp::multiply},
        {"/", MathOp::divide},
        {"<<", MathOp::shift_left},
        {">>", MathOp::shift_right},
    }};
    FieldReader reader(draft, option);
    ByteMathCheck math;
    bool bytes = false, offset = false, oper = false, rvalue = false;
    std::optional<Piece> result;
    for (const Piece& piece : split(option.value, option.value_at, ',')) {
        if (const auto count = behind(piece, "bytes")) {
            reader.read_count(*count);
            bytes = true;
        } else if (const auto at = behind(piece, "offset")) {
            reader.read_offset(*at);
            offset = true;
        } else if (const auto word = behind(piece, "oper")) {
            oper = false;
            for (const auto& [name, op] : known) {
                if (name == word->text) {
                    math.op = op;
                    oper = true;
                }
            }
            if (!oper)
                reader.complain(*word, in_quotes(word->text) + " is no operator; there are + - * / << >>");
            oper = true;
        } else if (const auto value = behind(piece, "rvalue")) {
            const auto operand = draft.operand(option, *value, 0, std::numeric_limits<std::uint32_t>::max());
            if (!operand)
                return;
            math.value = *operand;
            rvalue = true;
        } else if (const auto name = behind(piece, "result")) {
            result = *name;
            if (!good_name(name->text))
                reader.complain(*name, in_quotes(name->text) + " is no name for a variable");
        } else if (!reader.take(piece)) {
            reader.complain(piece, not_known(piece));
        }
    }
    if (!bytes || !offset || !oper || !rvalue || !result)
        return draft.complain(option, "write bytes N, offset N, oper OP, rvalue N, result NAME and what else "
                                      "there is");
    if (!reader.finish())
        return;
    math.field = reader.field;
    math.variable = draft.variable(result->text);
    draft.add(option, {math}, otherwise(math.field));
}

} // namespace nfsieve::suricata
