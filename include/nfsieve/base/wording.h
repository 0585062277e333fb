// SPDX-License-Identifier: GPL-2.0-or-later
// Words for complaints about what an operator wrote.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace nfsieve {

/// The one of `names` that `word` was probably meant to be (fewer than four letters away); empty where none
/// is near.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> names);

/// "a", "b" or "c", each in quotes.
[[nodiscard]] std::string listing(std::span<const std::string_view> names);

/// `text` in quotes: its first 60 bytes, cut between characters, without bytes that would move a terminal's
/// cursor.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// "WHAT "word" is not known here; did you mean "other"?", or all known words where none is near.
[[nodiscard]] std::string unknown_word(std::string_view what, std::string_view word,
                                       std::span<const std::string_view> known);

} // namespace nfsieve
