// SPDX-License-Identifier: GPL-2.0-or-later
// The same scripts against Linux's own receiver, through whatever stands on the gateway.
#include "generator.h"
#include "options.h"
#include "real_case.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <poll.h>

namespace nfsieve::evasion {
namespace {

constexpr const char* usage =
    "usage: evasion_real --client-ns PATH --server-ns PATH [--seed FIRST] [--count N] [--kind "
    "attack|benign|both]\n"
    "                    [--parallel N] [--patience MS] [--failures N] [--check-model] [--verbose]\n"
    "       evasion_real --print-rules\n"
    "\n"
    "Plays N scripts of each kind, from seed FIRST on, against real sockets in the server's namespace, from "
    "a raw\n"
    "socket in the client's; tests/evasion/test_real.py builds both. No attack may get through, and no "
    "benign stream\n"
    "may be harmed. --check-model: nothing judges on the gateway, and what the model receiver reads must be "
    "what\n"
    "Linux has read. --print-rules: the rule file that the gateway has to load.\n"
    "Example: evasion_real --client-ns /run/netns/a --server-ns /run/netns/b --seed 7 --count 1 --verbose\n";

/// Each kind has ports of its own: what an attack has left behind is not in the way of the streams after it.
constexpr std::uint16_t first_key = 10'000;
constexpr std::uint16_t keys = 25'000; // of each kind

/// Linux's timers run by the clock on the wall and the model's do not: where the machine stood still for a
/// while they differ, and never where the same is played again.
constexpr int most_attempts = 3;

struct Options : Selection {
    std::string client_namespace = {}, server_namespace = {};
    std::uint64_t parallel = 200, patience = 40;
    bool check_model = false;
};

/// Real receivers differ from the script's in nothing but what Linux is built with.
Script real_script(Kind kind, std::uint64_t seed) {
    Script script = generate(kind, seed);
    script.midstream = false;
    script.receiver.window = 65'000;
    script.receiver.checks_md5 = true;
    script.receiver.checks_echo = true;
    return script;
}

class Run {
public:
    Run(const Options& options, RealWire& wire, RealSockets& sockets)
        : options_(options), wire_(wire), sockets_(sockets) {}

    std::uint64_t play(Kind kind) {
        cases_ = failures_ = packets_ = through_ = versions_ = 0;
        const auto started = Clock::now();
        std::uint64_t next = 0;
        while (next < options_.count || !active_.empty()) {
            if (failures_ >= options_.most_failures)
                next = options_.count;
            while (next < options_.count && active_.size() < options_.parallel)
                begin(kind, options_.first + next++, 1);
            const auto now = Clock::now();
            for (auto& [key, one] : active_)
                one.played->advance(wire_, now);
            listen();
            finish(kind);
        }
        const std::chrono::duration<double> took = Clock::now() - started;
        std::string failures = "failures";
        if (options_.check_model && kind == Kind::attack)
            failures += ", " + std::to_string(through_) + " get through, " + std::to_string(versions_) +
                        " differ in the version of overlapped bytes alone";
        print_totals(kind, options_, {cases_, packets_, failures_}, failures, took);
        return failures_;
    }

private:
    struct Attempt {
        std::unique_ptr<RealCase> played;
        int number;
    };

    void begin(Kind kind, std::uint64_t seed, int attempt) {
        const auto key =
            static_cast<std::uint16_t>(first_key + (kind == Kind::benign ? keys : 0) + next_key_++ % keys);
        auto one = std::make_unique<RealCase>(real_script(kind, seed), key,
                                              std::chrono::milliseconds(options_.patience),
                                              options_.verbose ? &std::cout : nullptr);
        if (options_.verbose)
            std::cout << describe(one->script()) << "\n";
        if (!one->begin(sockets_)) {
            std::cout << "FAILED: no socket for seed " << seed << std::endl;
            ++failures_;
            sockets_.forget(key);
            return;
        }
        active_.emplace(key, Attempt{std::move(one), attempt});
    }

    /// Reads everywhere until nothing more comes for now.
    void listen() {
        pollfd wait{wire_.fd(), POLLIN, 0};
        ::poll(&wait, 1, 1);
        const auto now = Clock::now();
        while (const auto received = wire_.receive()) {
            const Ends& ends = received->ends;
            // The rules' ports lie below all keys.
            const std::uint16_t key = std::max(ends.source_port, ends.target_port);
            const auto found = active_.find(key);
            if (found != active_.end())
                found->second.played->hear(received->segment, now);
        }
        sockets_.poll();
    }

    void finish(Kind kind) {
        std::vector<std::pair<std::uint64_t, int>> again;
        for (auto at = active_.begin(); at != active_.end();) {
            if (!at->second.played->over()) {
                ++at;
                continue;
            }
            sockets_.poll();
            const Attempt done = std::move(at->second);
            const bool counts = judge(*done.played, done.number);
            sockets_.forget(at->first);
            at = active_.erase(at);
            if (!counts)
                again.emplace_back(done.played->script().seed, done.number + 1);
        }
        for (const auto& [seed, attempt] : again)
            begin(kind, seed, attempt);
    }

    /// False where it has to be played again and is not counted.
    bool judge(const RealCase& one, int attempt) {
        const Outcome outcome = one.outcome();
        const std::string broken = verdict(one.script(), outcome);
        const std::string why = options_.check_model ? difference(one.script(), outcome) : broken;
        if (options_.check_model && !why.empty() && attempt < most_attempts)
            return false;
        ++cases_;
        packets_ += outcome.packets;
        through_ += !broken.empty() && one.script().kind == Kind::attack ? 1U : 0U;
        if (options_.verbose)
            for (const std::string& text : outcome.read)
                std::cout << "the receiver has read " << text.size() << " bytes: \"" << text << "\"\n";
        if (why.empty())
            return true;
        ++failures_;
        std::cout << "FAILED: " << why << "\n  " << describe(one.script())
                  << "\n  replay with: evasion_real ... --kind " << name(one.script().kind) << " --seed "
                  << one.script().seed << " --count 1" << (options_.check_model ? " --check-model" : "")
                  << std::endl;
        return true;
    }

    /// Linux may do either where memory or the millisecond decides; the model has to agree in one of the
    /// ways.
    std::string difference(Script script, const Outcome& outcome) {
        const std::vector<std::string> real = spoken(outcome);
        std::vector<std::string> modelled;
        bool in_versions = false;
        for (const bool checks_echo : {true, false})
            for (const Merging merging : {Merging::none, Merging::neighbours, Merging::all})
                for (const bool old_ack_passes : {false, true}) {
                    script.receiver.checks_echo = checks_echo;
                    script.receiver.merging = merging;
                    script.receiver.old_ack_passes = old_ack_passes;
                    modelled = spoken(play_without_gateway(script));
                    if (modelled == real)
                        return {};
                    in_versions = in_versions || differs_in_versions(script, modelled, real);
                }
        if (in_versions) {
            ++versions_;
            return {};
        }
        std::string text = "the model has read something else than Linux";
        for (const auto& [who, streams] : {std::pair("model", modelled), std::pair("Linux", real)})
            for (const std::string& stream : streams)
                text +=
                    std::string("\n  ") + who + " " + std::to_string(stream.size()) + ": \"" + stream + "\"";
        return text;
    }

    /// As many bytes, and those that differ are two versions that were both sent for the place: what the
    /// allocator merges in the out-of-order queue decides between them.
    static bool differs_in_versions(const Script& script, const std::vector<std::string>& modelled,
                                    const std::vector<std::string>& real) {
        if (script.kind == Kind::benign || modelled.size() != real.size())
            return false;
        const Life& life = script.lives.back();
        const auto was_sent = [&life](std::size_t at, char byte) {
            return std::any_of(life.steps.begin(), life.steps.end(), [&](const Step& step) {
                const auto index = static_cast<std::int64_t>(at) - step.at;
                return !step.dies && !step.bad_checksum && index >= 0 && index < step.size &&
                       (step.junk ? life.junk : life.stream)[step.begin + static_cast<std::size_t>(index)] ==
                           byte;
            });
        };
        for (std::size_t i = 0; i < real.size(); ++i) {
            if (modelled[i].size() != real[i].size() || (i + 1 < real.size() && modelled[i] != real[i]))
                return false;
            // An urgent byte that was taken out moves what follows by one.
            for (std::size_t at = 0; at < real[i].size(); ++at)
                if (modelled[i][at] != real[i][at] && !was_sent(at, real[i][at]) &&
                    !was_sent(at + 1, real[i][at]))
                    return false;
        }
        return true;
    }

    /// An attack is over before Linux's timers run out.
    static Outcome play_without_gateway(const Script& script) {
        return evasion::play(script, nullptr, nullptr, script.kind == Kind::benign);
    }

    const Options& options_;
    RealWire& wire_;
    RealSockets& sockets_;
    std::unordered_map<std::uint16_t, Attempt> active_;
    std::uint64_t next_key_ = 0, cases_ = 0, failures_ = 0, packets_ = 0, through_ = 0, versions_ = 0;
};

std::optional<Options> read_options(Arguments arguments) {
    const auto selection = take_selection(arguments, 500);
    if (!selection)
        return std::nullopt;
    Options options{*selection};
    options.client_namespace = arguments.take("--client-ns", "");
    options.server_namespace = arguments.take("--server-ns", "");
    options.parallel = arguments.take_number("--parallel", options.parallel);
    options.patience = arguments.take_number("--patience", options.patience);
    options.check_model = arguments.take_switch("--check-model");
    if (!arguments.rest().empty() || options.parallel == 0 || options.parallel > keys / 2 ||
        options.client_namespace.empty() || options.server_namespace.empty())
        return std::nullopt;
    return options;
}

} // namespace
} // namespace nfsieve::evasion

int main(int count, char** values) {
    using namespace nfsieve::evasion;
    Arguments arguments(count, values);
    if (arguments.take_switch("--print-rules")) {
        std::printf("%.*s\n", static_cast<int>(rule_file.size()), rule_file.data());
        return 0;
    }
    if (arguments.take_switch("--help") || arguments.take_switch("-h")) {
        std::fputs(usage, stdout);
        return 0;
    }
    const auto options = read_options(arguments);
    if (!options) {
        std::fputs(usage, stderr);
        return 2;
    }
    RealWire wire;
    if (!enter_namespace(options->client_namespace) || !wire.open()) {
        std::perror("evasion_real: the client's namespace");
        return 2;
    }
    RealSockets sockets;
    if (!enter_namespace(options->server_namespace) || !sockets.open()) {
        std::perror("evasion_real: the server's namespace");
        return 2;
    }
    Run run(*options, wire, sockets);
    std::uint64_t failures = 0;
    for (const Kind kind : options->kinds)
        failures += run.play(kind);
    return failures == 0 ? 0 : 1;
}
