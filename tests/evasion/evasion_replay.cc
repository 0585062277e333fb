// SPDX-License-Identifier: GPL-2.0-or-later
// Random scripts through the engine, in process, to the model receiver.
#include "generator.h"
#include "model_case.h"
#include "options.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>

namespace nfsieve::evasion {
namespace {

constexpr const char* usage =
    "usage: evasion_replay [--seed FIRST] [--count N] [--kind attack|benign|both] [--threads N] [--failures "
    "N]\n"
    "                      [--verbose] [--no-engine]\n"
    "\n"
    "Plays N scripts of each kind, from seed FIRST on, through the engine to a model of Linux's TCP "
    "receiver.\n"
    "No attack may get through, and no benign stream may be harmed; a script that fails is shown with the "
    "command\n"
    "that plays it again. --no-engine lets every packet pass and tells how many attacks get through then.\n"
    "Example: evasion_replay --seed 7 --count 1 --kind attack --verbose\n";

struct Options {
    std::uint64_t first = 1, count = 10'000, most_failures = 10;
    std::vector<Kind> kinds;
    unsigned threads = 1;
    bool verbose = false, engine = true;
};

const char* name(Kind kind) {
    return kind == Kind::attack ? "attack" : "benign";
}

struct Totals {
    std::atomic<std::uint64_t> next{0}, cases{0}, packets{0}, failures{0};
};

/// An engine's clock runs more than a day a connection; a new engine begins anew.
constexpr std::uint64_t cases_an_engine = 2000;
constexpr std::size_t plenty = std::size_t{1} << 20, little = 400;

void show_failure(const Script& script, const std::string& why) {
    static std::mutex one_at_a_time;
    const std::scoped_lock lock(one_at_a_time);
    std::cout << "FAILED: " << why << "\n  " << describe(script) << "\n  replay with: evasion_replay --kind "
              << name(script.kind) << " --seed " << script.seed << " --count 1 --verbose" << std::endl;
}

void run_chunk(Kind kind, std::uint64_t from, std::uint64_t to, const std::shared_ptr<const RuleSet>& rules,
               const Options& options, Totals& totals) {
    std::optional<Gateway> gateway, tight;
    for (std::uint64_t seed = from; seed < to && totals.failures < options.most_failures; ++seed) {
        const Script script = generate(kind, seed);
        std::optional<Gateway>& own = script.tight ? tight : gateway;
        if (!own && options.engine)
            own.emplace(rules, script.tight ? little : plenty);
        if (options.verbose)
            std::cout << describe(script) << "\n";
        const Outcome outcome = play(script, own ? &*own : nullptr, options.verbose ? &std::cout : nullptr);
        ++totals.cases;
        totals.packets += outcome.packets;
        if (const std::string why = verdict(script, outcome); !why.empty()) {
            ++totals.failures;
            if (options.engine || kind == Kind::benign)
                show_failure(script, why);
        }
        if (options.verbose)
            for (const std::string& text : outcome.read)
                std::cout << "the receiver has read " << text.size() << " bytes: \"" << text << "\"\n";
    }
}

std::uint64_t run_kind(Kind kind, const std::shared_ptr<const RuleSet>& rules, const Options& options) {
    Totals totals;
    const auto started = std::chrono::steady_clock::now();
    const auto work = [&] {
        for (;;) {
            const std::uint64_t at = totals.next.fetch_add(cases_an_engine);
            if (at >= options.count || totals.failures >= options.most_failures)
                return;
            run_chunk(kind, options.first + at, options.first + std::min(at + cases_an_engine, options.count),
                      rules, options, totals);
        }
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options.threads; ++i)
        threads.emplace_back(work);
    threads.clear();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    std::printf("%s: seeds %llu to %llu, %llu cases, %llu packets, %llu %s, %.1f s, %.0f cases/s\n",
                name(kind), static_cast<unsigned long long>(options.first),
                static_cast<unsigned long long>(options.first + options.count - 1),
                static_cast<unsigned long long>(totals.cases),
                static_cast<unsigned long long>(totals.packets),
                static_cast<unsigned long long>(totals.failures),
                options.engine ? "failures" : "get through or are harmed", took.count(),
                static_cast<double>(totals.cases) / took.count());
    return totals.failures;
}

std::optional<Options> read_options(Arguments arguments) {
    Options options;
    options.first = arguments.take_number("--seed", options.first);
    options.count = arguments.take_number("--count", options.count);
    options.most_failures = arguments.take_number("--failures", options.most_failures);
    options.threads = static_cast<unsigned>(arguments.take_number("--threads", 1));
    options.verbose = arguments.take_switch("--verbose");
    options.engine = !arguments.take_switch("--no-engine");
    if (!options.engine)
        options.most_failures = options.count + 1;
    const std::string kind = arguments.take("--kind", "both");
    if (kind == "attack" || kind == "both")
        options.kinds.push_back(Kind::attack);
    if (kind == "benign" || kind == "both")
        options.kinds.push_back(Kind::benign);
    if (!arguments.rest().empty() || options.kinds.empty() || options.threads == 0 || options.count == 0)
        return std::nullopt;
    return options;
}

} // namespace
} // namespace nfsieve::evasion

int main(int count, char** values) {
    using namespace nfsieve::evasion;
    Arguments arguments(count, values);
    if (arguments.take_switch("--help") || arguments.take_switch("-h")) {
        std::fputs(usage, stdout);
        return 0;
    }
    const auto options = read_options(arguments);
    if (!options) {
        std::fputs(usage, stderr);
        return 2;
    }
    const auto rules = compile_rules();
    if (!rules)
        return 2;
    std::uint64_t failures = 0;
    for (const Kind kind : options->kinds)
        failures += run_kind(kind, rules, *options);
    return failures == 0 || !options->engine ? 0 : 1;
}
