// SPDX-License-Identifier: GPL-2.0-or-later
// Which alert rules are to drop.
#pragma once

#include "nfsieve/rules/suricata_reader.h"

#include <string_view>

namespace nfsieve::suricata {

/// A selection against one file's rules. Borrows the selection.
class DropChoice {
public:
    DropChoice(const DropSelection& selection, std::string_view file);
    /// True where the rule is an alert rule that is to drop. Never for rules without events: they only
    /// prepare others.
    [[nodiscard]] bool chooses(const SignatureSpec& spec) const;

private:
    const DropSelection& selection_;
    bool whole_file_ = false;
};

/// Shell-like: `*` is any run of characters, `?` any one.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

} // namespace nfsieve::suricata
