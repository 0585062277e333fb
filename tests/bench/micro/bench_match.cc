// SPDX-License-Identifier: GPL-2.0-or-later
// Ordered bytes through the matcher, in chunks of a segment and of a GSO packet, with 1,000 literals that do
// not occur.
#include "nfsieve/inspect/stream_matcher.h"
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <benchmark/benchmark.h>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve {
namespace {

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_-/.";
constexpr std::size_t rule_count = 1000;
constexpr std::size_t text_size = std::size_t{4} << 20;

std::shared_ptr<const RuleSet> made_rules(std::mt19937& chance) {
    std::string text = R"({"rules": [)";
    for (std::size_t i = 0; i < rule_count; ++i) {
        std::string word(8 + chance() % 13, ' ');
        for (char& letter : word)
            letter = letters[chance() % letters.size()];
        text += (i == 0 ? "" : ",") + std::string(R"({"id": "made-)") + std::to_string(i) +
                R"(", "action": "drop", "match": {"payload": {"contains": ")" + word + R"("}}})";
    }
    return compile(read_rules(text + "]}", "made").specs).rules;
}

/// Words of few letters, which share beginnings with what the rules look for.
std::vector<std::uint8_t> made_text(std::mt19937& chance) {
    std::vector<std::uint8_t> text;
    while (text.size() < text_size) {
        for (std::size_t i = 2 + chance() % 5; i > 0; --i)
            text.push_back(static_cast<std::uint8_t>(letters[chance() % letters.size()]));
        text.push_back(' ');
    }
    return text;
}

void feed(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    std::mt19937 chance(1); // NOLINT: the same rules and text in each run
    const auto rules = made_rules(chance);
    const std::vector<std::uint8_t> text = made_text(chance);
    MemoryBudget budget(std::size_t{64} << 20);
    StreamMatcher matcher(rules, budget);
    MatchStream stream = matcher.begin(true, 80, true);
    std::vector<Hit> hits;
    std::size_t at = 0;
    for (auto _ : state) {
        if (matcher.feed(stream, Header{}, Bytes(text).subspan(at, size), hits) !=
                StreamMatcher::Outcome::fine ||
            !hits.empty()) {
            state.SkipWithError("a literal occurs, or the matcher failed");
            break;
        }
        at = at + 2 * size > text.size() ? 0 : at + size;
    }
    matcher.end(stream);
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(feed)->Arg(1448)->Arg(45 * 1448);

} // namespace
} // namespace nfsieve
