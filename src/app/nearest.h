// SPDX-License-Identifier: GPL-2.0-or-later
// Which known word was meant by an unknown one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace nfsieve {

/// "\"queus\" is not known here; did you mean \"queues\"?", or the list of all known words where none is
/// near.
[[nodiscard]] std::string unknown_word(std::string_view what, std::string_view word,
                                       std::span<const std::string_view> known);

} // namespace nfsieve
