// SPDX-License-Identifier: GPL-2.0-or-later
#include "draft.h"

#include "nfsieve/base/wording.h"
#include "values.h"

#include <algorithm>

namespace nfsieve::suricata {

std::optional<Operand> Draft::operand(const Option& option, const Piece& piece, std::int64_t least,
                                      std::int64_t most) {
    const std::string keyword(option.keyword);
    if (const auto number = parse_signed(piece.text)) {
        if (*number >= least && *number <= most)
            return Operand{*number, std::nullopt};
        complain_at(piece.at, keyword + ": " + std::to_string(*number) + " is out of range; write " +
                                  std::to_string(least) + " to " + std::to_string(most));
        return std::nullopt;
    }
    const auto found = std::find(spec.variables.begin(), spec.variables.end(), piece.text);
    if (found != spec.variables.end())
        return Operand{0, static_cast<std::uint32_t>(found - spec.variables.begin())};
    complain_at(piece.at, keyword + ": " + in_quotes(piece.text) +
                              " is neither a number nor a variable that a byte_extract or byte_math in front "
                              "of it sets");
    return std::nullopt;
}

std::uint32_t Draft::variable(std::string_view name) {
    const auto found = std::find(spec.variables.begin(), spec.variables.end(), name);
    if (found != spec.variables.end())
        return static_cast<std::uint32_t>(found - spec.variables.begin());
    spec.variables.emplace_back(name);
    return static_cast<std::uint32_t>(spec.variables.size() - 1);
}

} // namespace nfsieve::suricata
