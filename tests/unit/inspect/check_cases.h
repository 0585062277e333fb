// SPDX-License-Identifier: GPL-2.0-or-later
// Shared by the tests of checks: short ways to write them and to ask.
#pragma once

#include "nfsieve/inspect/check_runner.h"

#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace nfsieve::test {

inline Operand number(std::int64_t value) {
    return {value, std::nullopt};
}
inline Operand variable(std::uint32_t index) {
    return {0, index};
}

inline ContentCheck content(std::string bytes) {
    ContentCheck check;
    check.bytes = std::move(bytes);
    return check;
}
inline ContentCheck after(std::string bytes, std::optional<std::int64_t> distance,
                          std::optional<std::int64_t> within = std::nullopt) {
    ContentCheck check = content(std::move(bytes));
    if (distance)
        check.distance = number(*distance);
    if (within)
        check.within = number(*within);
    return check;
}
inline ContentCheck absent(ContentCheck check) {
    check.negated = true;
    return check;
}
inline ContentCheck nocase(std::string bytes) {
    ContentCheck check = content(std::move(bytes));
    check.nocase = true;
    return check;
}
inline PcreCheck pcre(std::string pattern, bool relative = false) {
    PcreCheck check;
    check.pattern = std::move(pattern);
    check.relative = relative;
    return check;
}
inline ByteField field(std::int64_t count, std::int64_t offset, bool relative = false,
                       std::uint8_t base = 0) {
    ByteField result;
    result.count = number(count);
    result.offset = number(offset);
    result.relative = relative;
    result.base = base;
    return result;
}
inline ByteTestCheck equals(ByteField field, std::int64_t value) {
    ByteTestCheck check;
    check.field = field;
    check.value = number(value);
    return check;
}
inline IsDataAtCheck data_at(std::int64_t offset, bool relative, bool negated = false) {
    return {number(offset), relative, negated};
}

template <class... What>
std::vector<Check> checks(What... what) {
    return {Check{std::move(what)}...};
}

inline CompiledChecks compiled(std::vector<Check> list) {
    Result<CompiledChecks> result = compile_checks(std::move(list));
    if (!result) {
        ADD_FAILURE() << result.error().message;
        return {};
    }
    return *std::move(result);
}

/// On a complete buffer, unless said otherwise.
inline Checked ask(const std::vector<Check>& list, std::string_view bytes, bool complete = true,
                   std::uint64_t start = 0) {
    CheckRunner runner;
    return runner.run(compiled(list), {as_bytes(bytes), start, complete});
}
inline bool holds(const std::vector<Check>& list, std::string_view bytes) {
    return ask(list, bytes).answer == Answer::yes;
}
inline Answer so_far(const std::vector<Check>& list, std::string_view bytes) {
    return ask(list, bytes, false).answer;
}

inline void PrintTo(Answer answer, std::ostream* out) {
    *out << (answer == Answer::yes ? "yes" : answer == Answer::no ? "no" : "undecided");
}

} // namespace nfsieve::test

namespace nfsieve {
inline void PrintTo(Answer answer, std::ostream* out) {
    test::PrintTo(answer, out);
}
} // namespace nfsieve
