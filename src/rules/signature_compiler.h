// SPDX-License-Identifier: GPL-2.0-or-later
// Signatures -> SignatureSet.
#pragma once

#include "nfsieve/rules/database_cache.h"
#include "nfsieve/rules/rule_error.h"
#include "nfsieve/rules/rule_set.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace nfsieve {

/// Makes one SignatureSet. RuleSet's rules get an entry for each signature, behind those that are there.
class SignatureCompiler {
public:
    /// `skipped` takes complaints about single signatures, which are then left out; null: they are errors.
    SignatureCompiler(std::vector<Rule>& rules, std::vector<RuleError>& errors,
                      std::vector<RuleError>* skipped, DatabaseCache& cache)
        : rules_(rules), errors_(errors), skipped_(skipped), cache_(cache) {}

    void skip_encrypted() { set_.skips_encrypted_ = true; }

    /// Those whose order is not given decide by Suricata's, from `order` on. `scratch` grows to fit every
    /// database.
    [[nodiscard]] SignatureSet run(std::vector<SignatureSpec> specs, std::uint32_t order, HsScratch& scratch);

private:
    struct Triggered {
        std::vector<std::uint32_t> rules;
        std::size_t head = 0;
    };
    /// What they trigger by literal; the literal's case stands in front of it.
    using ByLiteral = std::unordered_map<std::string, Triggered>;
    /// Literals on their way to a TriggerGroup.
    struct Collected {
        ByLiteral anywhere, head;
        std::vector<std::uint32_t> always;
        [[nodiscard]] bool empty() const { return anywhere.empty() && head.empty() && always.empty(); }
    };
    struct Literal {
        std::string text; ///< its case in front; empty: there is none
        std::size_t head = 0;
    };

    void add(SignatureSpec& spec);
    void add_rule(const SignatureSpec& spec);
    [[nodiscard]] Result<std::uint32_t> view_index(const BufferView& view);
    void set_orders(std::uint32_t first);
    void choose_starts(Signature& signature, const std::vector<double>& scores) const;
    void group_payload(HsScratch& scratch);
    void group_views(HsScratch& scratch);
    void collect(Collected& into, std::uint32_t rule, std::uint32_t view) const;
    [[nodiscard]] TriggerGroup build(Collected collected, HsScratch& scratch);
    [[nodiscard]] TriggerLiterals build(const ByLiteral& by_literal, HsScratch& scratch);

    std::vector<Rule>& rules_;
    std::vector<RuleError>& errors_;
    std::vector<RuleError>* skipped_;
    DatabaseCache& cache_;
    SignatureSet set_;
    std::vector<std::vector<Literal>> literals_; ///< by signature and part
};

} // namespace nfsieve
