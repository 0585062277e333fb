// SPDX-License-Identifier: GPL-2.0-or-later
// Which literal of a signature is looked for first.
#pragma once

#include "nfsieve/rules/signature.h"

#include <optional>
#include <string>

namespace nfsieve {

/// A literal that is in every buffer that its checks can hold for.
struct Trigger {
    std::string bytes; ///< letters are small where `nocase`
    bool nocase = false;
    std::size_t head = 0; ///< it ends within so many bytes from where the buffer begins; 0: anywhere
    double score = 0;     ///< how rare it is expected to be: bits, more or less
    auto operator<=>(const Trigger&) const = default;
};

/// Literals that are looked for at the beginning of a buffer alone end within so many bytes.
inline constexpr std::size_t longest_head = 128;

/// The best literal among the checks of one buffer; nothing where no content must be found.
[[nodiscard]] std::optional<Trigger> best_trigger(const BufferChecks& checks);

} // namespace nfsieve
