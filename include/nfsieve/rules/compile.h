// SPDX-License-Identifier: GPL-2.0-or-later
// Plain rules -> the immutable RuleSet. Slow (Vectorscan compiles); never on the packet path.
#pragma once

#include "nfsieve/rules/database_cache.h"
#include "nfsieve/rules/rule_set.h"

namespace nfsieve {

/// What compile() gives: a rule set where `errors` is empty, else every complaint there is.
struct Compiled {
    std::shared_ptr<const RuleSet> rules;
    std::vector<RuleError> errors;
    std::vector<RuleError> skipped; ///< why signatures are not in `rules`, with skip_bad
};

struct CompileOptions {
    DatabaseCache* cache =
        nullptr;           ///< may have the databases already, and gets those that are made; null: none
    bool skip_bad = false; ///< signatures that do not compile are left out
    /// Signatures about payload go on where both ends of a connection encrypt. They do in any case where
    /// the default is not to accept: what they accept decides there.
    bool inspect_encrypted = false;
};

/// Compiles all rules: one Vectorscan database for each direction and class of server ports that the same
/// rules are about, or one for each direction where there are more than 16 classes. Any thread; takes seconds
/// for tens of thousands of rules. Patterns that Vectorscan cannot match, match trees that are true of an
/// empty stream (nothing positive) and patterns that can never match are errors at their place; all of them
/// are found, not the first alone.
/// `specs.signatures` is not looked at: signatures are many, and are moved.
[[nodiscard]] Compiled compile(const RuleSpecs& specs, std::vector<SignatureSpec> signatures,
                               const CompileOptions& options);
/// The same for a copy of `specs.signatures`.
[[nodiscard]] Compiled compile(const RuleSpecs& specs);

} // namespace nfsieve
