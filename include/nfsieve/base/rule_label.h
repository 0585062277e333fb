// SPDX-License-Identifier: GPL-2.0-or-later
// What events and logs say about a rule.
#pragma once

#include <cstdint>
#include <string>

namespace nfsieve {

/// Where something stands in a file. Lines and columns count from 1; 0 is "not known".
struct Place {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

/// A rule as a reader of events knows it. Immutable once the rule set is compiled.
struct RuleLabel {
    std::string id; ///< as the rule file names it
    std::uint32_t signature_id =
        0; ///< EVE alert.signature_id: the id itself where it is a number, else a hash of it
    std::uint32_t revision = 1; ///< EVE alert.rev
    std::uint32_t severity = 3; ///< EVE alert.severity, 1 is the gravest
    std::string signature;      ///< EVE alert.signature: the rule's `message`, else its id
    std::string category;       ///< EVE alert.category
    std::string more; ///< further members of EVE alert, a JSON object (metadata, references), or empty
    Place place;
};

} // namespace nfsieve
