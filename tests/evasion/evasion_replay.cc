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

struct Options : Selection {
    unsigned threads = 1;
    bool engine = true;
};

/// Counted by all threads.
struct Progress {
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
               const Options& options, Progress& progress) {
    std::optional<Gateway> gateway, tight;
    for (std::uint64_t seed = from; seed < to && progress.failures < options.most_failures; ++seed) {
        const Script script = generate(kind, seed);
        std::optional<Gateway>& own = script.tight ? tight : gateway;
        if (!own && options.engine)
            own.emplace(rules, script.tight ? little : plenty);
        if (options.verbose)
            std::cout << describe(script) << "\n";
        const Outcome outcome = play(script, own ? &*own : nullptr, options.verbose ? &std::cout : nullptr);
        ++progress.cases;
        progress.packets += outcome.packets;
        if (const std::string why = verdict(script, outcome); !why.empty()) {
            ++progress.failures;
            if (options.engine || kind == Kind::benign)
                show_failure(script, why);
        }
        if (options.verbose)
            for (const std::string& text : outcome.read)
                std::cout << "the receiver has read " << text.size() << " bytes: \"" << text << "\"\n";
    }
}

std::uint64_t run_kind(Kind kind, const std::shared_ptr<const RuleSet>& rules, const Options& options) {
    Progress progress;
    const auto started = std::chrono::steady_clock::now();
    const auto work = [&] {
        for (;;) {
            const std::uint64_t at = progress.next.fetch_add(cases_an_engine);
            if (at >= options.count || progress.failures >= options.most_failures)
                return;
            run_chunk(kind, options.first + at, options.first + std::min(at + cases_an_engine, options.count),
                      rules, options, progress);
        }
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options.threads; ++i)
        threads.emplace_back(work);
    threads.clear();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    print_totals(kind, options, {progress.cases, progress.packets, progress.failures},
                 options.engine ? "failures" : "get through or are harmed", took);
    return progress.failures;
}

std::optional<Options> read_options(Arguments arguments) {
    const auto selection = take_selection(arguments, 10'000);
    if (!selection)
        return std::nullopt;
    Options options{*selection};
    options.threads = static_cast<unsigned>(arguments.take_number("--threads", 1));
    options.engine = !arguments.take_switch("--no-engine");
    if (!options.engine)
        options.most_failures = options.count + 1;
    if (!arguments.rest().empty() || options.threads == 0)
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
