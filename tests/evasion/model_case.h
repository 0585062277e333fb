// SPDX-License-Identifier: GPL-2.0-or-later
// One script between a sender, a gateway and the model receiver.
#pragma once

#include "gateway.h"
#include "script.h"

#include <iosfwd>
#include <string>
#include <vector>

namespace nfsieve::evasion {

/// What came of a script.
struct Outcome {
    std::vector<std::string> read;  ///< by connection, in the order they were opened
    bool ended = false;             ///< FIN arrived in the last one
    std::size_t before_gateway = 0; ///< bytes of the first connection that came before the gateway looked
    std::size_t packets = 0;
};

/// What was read, without the connections on which nothing was.
[[nodiscard]] std::vector<std::string> spoken(const Outcome& outcome);

/// Why the outcome breaks the property of the script's kind; empty where it holds.
[[nodiscard]] std::string verdict(const Script& script, const Outcome& outcome);

/// Plays the script. Without a gateway every packet passes. `log` may be null. `timers`: the receiver sends
/// again what is not acknowledged.
[[nodiscard]] Outcome play(const Script& script, Gateway* gateway, std::ostream* log, bool timers = true);

} // namespace nfsieve::evasion
