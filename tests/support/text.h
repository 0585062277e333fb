// SPDX-License-Identifier: GPL-2.0-or-later
// Questions that tests ask of text.
#pragma once

#include <string_view>

namespace nfsieve::test {

[[nodiscard]] inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace nfsieve::test
