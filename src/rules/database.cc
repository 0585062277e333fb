// SPDX-License-Identifier: GPL-2.0-or-later
#include "database.h"

namespace nfsieve {
namespace {

struct Outcome {
    HsDatabase database;
    std::string message; ///< Vectorscan's words where there is no database
};

Outcome build(std::span<const Expression> expressions, std::span<const std::uint32_t> patterns) {
    std::vector<const char*> texts;
    std::vector<unsigned> flags;
    std::vector<const hs_expr_ext_t*> limits;
    for (const std::uint32_t pattern : patterns) {
        texts.push_back(expressions[pattern].text.c_str());
        flags.push_back(expressions[pattern].flags);
        limits.push_back(&expressions[pattern].limits);
    }
    hs_database_t* database = nullptr;
    hs_compile_error_t* raw_error = nullptr;
    const hs_error_t status = hs_compile_ext_multi(texts.data(), flags.data(), patterns.data(), limits.data(),
                                                   static_cast<unsigned>(patterns.size()), HS_MODE_STREAM,
                                                   nullptr, &database, &raw_error);
    Outcome outcome;
    outcome.database.reset(database);
    const HsCompileError error(raw_error);
    if (status != HS_SUCCESS)
        outcome.message = error && error->message ? error->message : "no reason given";
    return outcome;
}

} // namespace

BuiltDatabase build_database(std::span<const Expression> expressions,
                             std::span<const std::uint32_t> patterns) {
    Outcome all = build(expressions, patterns);
    BuiltDatabase built;
    if (all.database) {
        built.database = std::move(all.database);
        return built;
    }
    for (const std::uint32_t pattern : patterns) {
        const Outcome alone = build(expressions, std::span(&pattern, 1));
        if (!alone.database)
            built.refusals.push_back({pattern, explain_refusal(alone.message)});
    }
    if (built.refusals.empty())
        built.refusals.push_back({Refusal::no_pattern, explain_refusal(all.message)});
    return built;
}

} // namespace nfsieve
