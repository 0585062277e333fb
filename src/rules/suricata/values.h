// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers and comparisons as keywords take them.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/rules/check.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace nfsieve::suricata {

/// "12" or "0x0c"; nothing where it is no number or does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view text);
/// The same with a sign in front.
[[nodiscard]] std::optional<std::int64_t> parse_signed(std::string_view text);

/// "5", "=5", "!5", "!=5", "<5", "<=5", ">5", ">=5", "3<>6" and "3-6" (4 and 5: both ends are left out, as
/// Suricata 7 does). Errors are sentences.
[[nodiscard]] Result<NumberTest> parse_number_test(std::string_view text, std::uint64_t most);

/// "<", "<=", "=", "==", "!=", ">=", ">"; nothing for others.
[[nodiscard]] std::optional<NumberTest::Op> parse_comparison(std::string_view text);

} // namespace nfsieve::suricata
