// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/compiled_checks.h"

#include <algorithm>

namespace nfsieve {
namespace {

using Step = CompiledChecks::Step;

constexpr std::size_t most_checks = 1000, most_variables = 1000;

/// What a check has to do with the place where the last match ended, and with variables.
struct Uses {
    bool reads_place = false, sets_place = false;
    std::vector<std::uint32_t> reads;
    std::optional<std::uint32_t> sets;

    void read(const Operand& operand) {
        if (operand.variable)
            reads.push_back(*operand.variable);
    }
    void read(const std::optional<Operand>& operand) {
        if (operand)
            read(*operand);
    }
    void read(const ByteField& field) {
        reads_place |= field.relative;
        read(field.count);
        read(field.offset);
    }
};

Uses uses_of(const Check& check);

struct FindUses {
    Uses& uses;

    void operator()(const ContentCheck& content) const {
        uses.reads_place = content.relative();
        uses.sets_place = !content.negated;
        for (const auto* operand : {&content.offset, &content.depth, &content.distance, &content.within})
            uses.read(*operand);
    }
    void operator()(const PcreCheck& pcre) const {
        uses.reads_place = pcre.relative;
        uses.sets_place = !pcre.negated;
    }
    void operator()(const ByteTestCheck& test) const {
        uses.read(test.field);
        uses.read(test.value);
    }
    void operator()(const ByteJumpCheck& jump) const {
        uses.read(jump.field);
        uses.sets_place = true;
    }
    void operator()(const ByteExtractCheck& extract) const {
        uses.read(extract.field);
        uses.sets_place = true;
        uses.sets = extract.variable;
    }
    void operator()(const ByteMathCheck& math) const {
        uses.read(math.field);
        uses.read(math.value);
        uses.sets_place = true;
        uses.sets = math.variable;
    }
    void operator()(const IsDataAtCheck& at) const {
        uses.reads_place = at.relative;
        uses.read(at.offset);
    }
    void operator()(const SizeCheck&) const {}
    void operator()(const Base64Check& base64) const {
        uses.reads_place = base64.relative;
        for (const Check& check : base64.inside) {
            const Uses inner = uses_of(check);
            uses.reads.insert(uses.reads.end(), inner.reads.begin(), inner.reads.end());
        }
    }
};

Uses uses_of(const Check& check) {
    Uses uses;
    std::visit(FindUses{uses}, check.what);
    return uses;
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c | 0x20);
    return text;
}

/// A content that asks for nothing but to stand somewhere behind the last match: the earlier that match
/// ended, the better for it.
bool wants_earliest(const Check& check) {
    const auto* content = std::get_if<ContentCheck>(&check.what);
    return content && !content->negated && content->distance && !content->distance->variable &&
           !content->within && !content->offset && !content->depth;
}

/// Steps that lean on earlier ones stay in one group with them; and who has to look for another occurrence.
void link(std::vector<Step>& steps, const std::vector<Uses>& uses) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (!uses[i].sets_place)
            continue;
        std::size_t readers = 0, last = i;
        for (std::size_t j = i + 1; j < steps.size(); ++j) {
            if (uses[j].reads_place) {
                ++readers;
                last = j;
            }
            if (uses[j].sets_place)
                break;
        }
        for (std::size_t j = i + 1; j <= last; ++j)
            steps[j].begins_group = false;
        const bool content = std::holds_alternative<ContentCheck>(steps[i].check.what);
        const bool earliest_is_best = content && readers == 1 && wants_earliest(steps[last].check);
        steps[i].tries_again = readers > 0 && !earliest_is_best &&
                               (content || std::holds_alternative<PcreCheck>(steps[i].check.what));
    }
    for (std::size_t i = 0; i < steps.size(); ++i)
        if (uses[i].sets)
            for (std::size_t j = steps.size() - 1; j > i; --j)
                if (std::count(uses[j].reads.begin(), uses[j].reads.end(), *uses[i].sets)) {
                    for (std::size_t k = i + 1; k <= j; ++k)
                        steps[k].begins_group = false;
                    break;
                }
    for (std::size_t begin = 0; begin < steps.size();) {
        std::size_t end = begin + 1;
        while (end < steps.size() && !steps[end].begins_group)
            ++end;
        const bool variables = std::any_of(uses.begin() + static_cast<std::ptrdiff_t>(begin),
                                           uses.begin() + static_cast<std::ptrdiff_t>(end),
                                           [](const Uses& use) { return use.sets || !use.reads.empty(); });
        for (; begin < end; ++begin)
            steps[begin].group_has_variables = variables;
    }
}

/// Compiles one list; `set` are the variables that have a value where it begins.
Result<std::vector<Step>> compile_list(std::vector<Check> checks, std::vector<bool>& set, bool inside) {
    if (checks.size() > most_checks)
        return Error{"more than " + std::to_string(most_checks) + " checks on one buffer"};
    std::vector<Step> steps;
    std::vector<Uses> uses;
    for (Check& check : checks) {
        Step step;
        Uses use = uses_of(check);
        if (auto* base64 = std::get_if<Base64Check>(&check.what)) {
            if (inside)
                return Error{"base64_decode of what base64_decode has made"};
            std::vector<bool> set_inside = set;
            Result<std::vector<Step>> list = compile_list(base64->inside, set_inside, true);
            if (!list)
                return list.error();
            set.resize(set_inside.size());
            step.inside = *std::move(list);
        } else {
            for (const std::uint32_t variable : use.reads)
                if (variable >= set.size() || !set[variable])
                    return Error{
                        "a variable is used before byte_extract or byte_math has set it in this buffer"};
        }
        if (use.sets) {
            if (*use.sets >= most_variables)
                return Error{"more than " + std::to_string(most_variables) + " variables in one rule"};
            if (set.size() <= *use.sets)
                set.resize(*use.sets + std::size_t{1});
            set[*use.sets] = true;
        }
        if (const auto* content = std::get_if<ContentCheck>(&check.what)) {
            if (content->bytes.empty())
                return Error{"an empty content"};
            if (content->nocase)
                step.folded = lower(content->bytes);
        } else if (const auto* pcre = std::get_if<PcreCheck>(&check.what)) {
            Result<Regex> regex = compile_regex(*pcre);
            if (!regex)
                return regex.error();
            step.regex = *std::move(regex);
        }
        step.check = std::move(check);
        steps.push_back(std::move(step));
        uses.push_back(std::move(use));
    }
    link(steps, uses);
    return steps;
}

} // namespace

Result<CompiledChecks> compile_checks(std::vector<Check> checks, std::vector<bool>* set) {
    std::vector<bool> none;
    std::vector<bool>& known = set == nullptr ? none : *set;
    CompiledChecks compiled;
    compiled.takes_variables_ = !known.empty();
    Result<std::vector<Step>> steps = compile_list(std::move(checks), known, false);
    if (!steps)
        return steps.error();
    compiled.steps_ = *std::move(steps);
    compiled.variables_ = known.size();
    return compiled;
}

} // namespace nfsieve
