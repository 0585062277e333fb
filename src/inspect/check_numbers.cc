// SPDX-License-Identifier: GPL-2.0-or-later
// Checks that read numbers or ask for sizes, and base64.
#include "check_search.h"

#include "base64.h"
#include "byte_field.h"
#include "outcomes.h"

namespace nfsieve {
namespace {

/// base64_decode without `bytes` reads as much text as Suricata does.
constexpr Position longest_base64 = 65535;

std::uint64_t raw(const Operand& operand, const std::vector<std::uint64_t>& variables) {
    return operand.variable ? variables[*operand.variable] : static_cast<std::uint64_t>(operand.number);
}

} // namespace

Position CheckSearch::value(const Operand& operand) const {
    if (!operand.variable)
        return std::clamp<Position>(operand.number, -far, far);
    const std::uint64_t variable = work_.variables[*operand.variable];
    return static_cast<Position>(std::min(variable, static_cast<std::uint64_t>(far)));
}

struct CheckSearch::Field {
    Answer answer = Answer::no;
    ReadNumber number;
    Position begin = 0, end = 0; ///< of the bytes read
};

/// As in Suricata, byte_test and byte_jump may read no bytes at all behind the last one (`or_nothing`).
CheckSearch::Field CheckSearch::read(const ByteField& field, Position place, bool or_nothing) const {
    const Position count = value(field.count);
    const Position begin = (field.relative ? place : 0) + value(field.offset);
    if (count < 0 || count > 64 || begin < first_)
        return {};
    const bool relative = field.relative && !(or_nothing && count == 0);
    if (begin + count > end_ || (begin >= end_ && (relative || end_ == 0)))
        return {missing().answer, {}, 0, 0};
    const auto number = read_number(field, bytes(begin, begin + count));
    if (!number)
        return {};
    return {Answer::yes, *number, begin, begin + count};
}

Outcome CheckSearch::check(const ByteTestCheck& test, Position& place) {
    const Field field = read(test.field, place, true);
    if (field.answer != Answer::yes)
        return {field.answer, 0};
    const bool hold =
        holds(test, masked(field.number.value, test.field.bitmask), raw(test.value, work_.variables));
    return hold ? Outcome{Answer::yes, field.end} : Outcome{};
}

Outcome CheckSearch::check(const ByteJumpCheck& jump, Position& place) {
    const Field field = read(jump.field, place, true);
    if (field.answer != Answer::yes)
        return {field.answer, 0};
    if (jump.from == ByteJumpCheck::From::end && !complete_)
        return {Answer::undecided, 0};
    const auto way =
        static_cast<Position>(jump_distance(jump, masked(field.number.value, jump.field.bitmask)));
    Position target = std::clamp(way, -far, far);
    if (jump.from == ByteJumpCheck::From::field)
        target += field.begin + static_cast<Position>(field.number.consumed);
    else if (jump.from == ByteJumpCheck::From::end)
        target += end_;
    target = std::max<Position>(target, 0); // what would lie before the buffer is its beginning
    if (target >= end_)
        return missing();
    place = target;
    return {Answer::yes, std::max(field.end, target + 1)};
}

Outcome CheckSearch::check(const ByteExtractCheck& extract, Position& place) {
    const Field field = read(extract.field, place, false);
    if (field.answer != Answer::yes)
        return {field.answer, 0};
    work_.variables[extract.variable] =
        aligned(masked(field.number.value, extract.field.bitmask) * extract.multiplier, extract.align);
    place = field.begin + static_cast<Position>(field.number.consumed);
    return {Answer::yes, field.end};
}

Outcome CheckSearch::check(const ByteMathCheck& math, Position& place) {
    const Field field = read(math.field, place, false);
    if (field.answer != Answer::yes)
        return {field.answer, 0};
    const auto result = reckon(math.op, field.number.value, raw(math.value, work_.variables));
    if (!result)
        return {};
    work_.variables[math.variable] = masked(*result, math.field.bitmask);
    place = field.begin + static_cast<Position>(field.number.consumed);
    return {Answer::yes, field.end};
}

/// As Suricata has it, a relative one asks for that many bytes, another for a byte at that offset.
Outcome CheckSearch::check(const IsDataAtCheck& at, Position& place) const {
    const Position needed = value(at.offset) + (at.relative ? place : 1);
    if (needed <= end_)
        return at.negated ? Outcome{} : Outcome{Answer::yes, std::max<Position>(needed, 0)};
    if (!complete_)
        return {Answer::undecided, 0};
    return {at.negated ? Answer::yes : Answer::no, 0};
}

Outcome CheckSearch::check(const SizeCheck& check, Position&) const {
    using Op = NumberTest::Op;
    const NumberTest& size = check.size;
    const auto now = static_cast<std::uint64_t>(end_);
    const bool holds_now = size.holds(now);
    if (complete_)
        return {holds_now ? Answer::yes : Answer::no, 0};
    // It can only grow.
    switch (size.op) {
    case Op::greater:
    case Op::greater_equal:
        return {holds_now ? Answer::yes : Answer::undecided, 0};
    case Op::less:
    case Op::less_equal:
        return {holds_now ? Answer::undecided : Answer::no, 0};
    case Op::equal:
        return {now <= size.first ? Answer::undecided : Answer::no, 0};
    case Op::not_equal:
        return {now <= size.first ? Answer::undecided : Answer::yes, 0};
    case Op::range:
        return {now <= size.last && size.first <= size.last ? Answer::undecided : Answer::no, 0};
    }
    return {};
}

Outcome CheckSearch::base64(std::size_t index, Position place) {
    const Step& step = steps_[index];
    const auto& base64 = std::get<Base64Check>(step.check.what);
    const Position begin = (base64.relative ? place : 0) + base64.offset;
    if (begin < first_ || !inner_)
        return {};
    if (begin >= end_)
        return missing();
    const Position limit = base64.bytes ? static_cast<Position>(*base64.bytes) : longest_base64;
    const Position end = std::min(end_, begin + limit);
    const bool whole = complete_ || begin + limit <= end_;
    if (!spend(1 + (end - begin) / 64))
        return {};
    const Base64Text text = decode_base64(bytes(begin, end), whole, scratch_.decoded);
    const bool finished = whole || text.finished;
    if (scratch_.decoded.empty())
        return {finished ? Answer::no : Answer::undecided, 0};
    // Four characters carry three bytes.
    const auto read = [&](Position decoded) {
        return begin + std::min(static_cast<Position>(text.text), (decoded + 2) / 3 * 4);
    };
    if (step.inside.empty())
        return {Answer::yes, read(1)};
    const BufferBytes decoded{as_bytes(scratch_.decoded), 0, finished};
    Outcome inside = CheckSearch(step.inside, decoded, *inner_, nullptr, work_).run();
    inside.end = read(std::max<Position>(inside.end, 1));
    return inside;
}

} // namespace nfsieve
