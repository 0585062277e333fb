// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a regex is tied to the beginning of the stream.
#pragma once

#include <string_view>

namespace nfsieve {

struct Anchors {
    bool any = false; ///< some top-level alternative begins with ^ or \A
    bool all = false; ///< every one does: it can match nowhere else
};

/// Looks at a regex that Vectorscan has accepted. A group counts as anchored where all of its alternatives
/// are. Where inline flags m or x change what the characters mean, both answers are false.
[[nodiscard]] Anchors find_anchors(std::string_view regex);

} // namespace nfsieve
