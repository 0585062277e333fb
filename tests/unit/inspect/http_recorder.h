// SPDX-License-Identifier: GPL-2.0-or-later
// A parser with a listener that writes down what it hears, as lines that can be compared.
#pragma once

#include "nfsieve/inspect/app_parsers.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace nfsieve::http_test {

struct Message {
    Side sender;
    std::string bytes;
};

class Recorder final : public TransactionListener {
public:
    explicit Recorder(const AppParserLimits& limits = {})
        : parsers(limits), parser(parsers.make(AppProtocol::http)) {}

    /// Feeds in pieces of `cut` bytes; 0: at once. Stops where the parser does.
    AppParser::Outcome feed(Side sender, std::string_view bytes, std::size_t cut = 0) {
        auto outcome = AppParser::Outcome::going;
        for (std::size_t at = 0; at < bytes.size(); at += cut == 0 ? bytes.size() : cut) {
            fed = bytes.substr(at, cut == 0 ? bytes.size() : cut);
            outcome = parser->feed(sender, as_bytes(fed), *this);
            if (outcome != AppParser::Outcome::going)
                return outcome;
        }
        return outcome;
    }
    AppParser::Outcome request(std::string_view bytes, std::size_t cut = 0) {
        return feed(Side::client, bytes, cut);
    }
    AppParser::Outcome response(std::string_view bytes, std::size_t cut = 0) {
        return feed(Side::server, bytes, cut);
    }

    void on_stage(Transaction& transaction, Side sender, Stage reached) override {
        note(transaction, sender, "stage " + std::to_string(static_cast<int>(reached)));
        if (reached == Stage::line)
            consumed_at_line.push_back(parser->consumed());
        for (std::size_t i = 0; i < buffer_count; ++i) {
            const auto buffer = static_cast<Buffer>(i);
            if (info(buffer).protocol != AppProtocol::http || stage_of(buffer) != reached)
                continue;
            for (std::size_t instance = 0; instance < 20; ++instance) {
                const auto found = transaction.buffer(sender, {buffer, "x-test", {}}, instance);
                if (!found)
                    break;
                const std::string text(as_text(found->bytes));
                seen[{transaction.id(), sender, buffer}].push_back(text);
                note(transaction, sender,
                     std::string(info(buffer).name) + " at " + std::to_string(found->start) +
                         (found->complete ? " whole: " : " so far: ") + text);
            }
        }
    }
    void on_body(Transaction& transaction, Side sender, std::size_t fresh) override {
        const auto found = transaction.buffer(sender, {Buffer::file_data, "", {}}, 0);
        std::string& all = bodies[{transaction.id(), sender}];
        const std::uint64_t end = found->start + found->bytes.size();
        if (end < all.size() || end - all.size() > std::min(fresh, found->bytes.size())) {
            missed = true;
            return;
        }
        all += as_text(found->bytes.last(static_cast<std::size_t>(end - all.size())));
        ++growths;
        least_history =
            std::min(least_history, found->start == 0 ? least_history : found->bytes.size() - fresh);
    }
    void on_event(Transaction*, Side sender, std::string_view name) override {
        events.emplace_back(name);
        log.push_back((sender == Side::client ? "C event " : "S event ") + std::string(name));
    }
    void on_ambiguous_end(Side sender) override {
        ++ambiguous;
        log.emplace_back(sender == Side::client ? "C ambiguous" : "S ambiguous");
    }
    void on_end(Transaction& transaction) override {
        note(transaction, Side::client, "end");
        ++ended;
    }

    [[nodiscard]] std::string get(Side sender, Buffer buffer, std::uint64_t id = 0,
                                  std::size_t instance = 0) const {
        const auto found = seen.find({id, sender, buffer});
        return found == seen.end() || instance >= found->second.size() ? "(none)" : found->second[instance];
    }
    [[nodiscard]] std::string body(Side sender, std::uint64_t id = 0) const {
        const auto found = bodies.find({id, sender});
        return found == bodies.end() ? "(none)" : found->second;
    }
    [[nodiscard]] bool heard(std::string_view name) const {
        return std::find(events.begin(), events.end(), name) != events.end();
    }

    AppParsers parsers;
    std::unique_ptr<AppParser> parser;
    std::vector<std::string> log, events;
    std::map<std::tuple<std::uint64_t, Side, Buffer>, std::vector<std::string>> seen;
    std::map<std::pair<std::uint64_t, Side>, std::string> bodies;
    std::vector<std::size_t> consumed_at_line;
    std::size_t ended = 0, ambiguous = 0, growths = 0, least_history = SIZE_MAX;
    bool missed = false;
    std::string_view fed;

private:
    void note(Transaction& transaction, Side sender, const std::string& what) {
        log.push_back(std::to_string(transaction.id()) + (sender == Side::client ? " C " : " S ") + what);
    }
};

/// The log of a whole connection, cut into pieces of `cut` bytes.
inline std::vector<std::string> log_of(const std::vector<Message>& messages, std::size_t cut,
                                       const AppParserLimits& limits = {}) {
    Recorder it(limits);
    auto outcome = AppParser::Outcome::going;
    for (const Message& message : messages)
        if (outcome == AppParser::Outcome::going)
            outcome = it.feed(message.sender, message.bytes, cut);
    for (const Side side : {Side::client, Side::server})
        if (outcome == AppParser::Outcome::going)
            outcome = it.parser->finish(side, it);
    it.log.push_back("outcome " + std::to_string(static_cast<int>(outcome)));
    for (const auto& [key, body] : it.bodies)
        it.log.push_back("body " + body);
    if (it.missed)
        it.log.emplace_back("missed bytes");
    return it.log;
}

} // namespace nfsieve::http_test
