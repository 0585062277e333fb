// SPDX-License-Identifier: GPL-2.0-or-later
// Both ends of a TLS connection may be hostile: any bytes, cut in any way, must be followed within the limit
// or given up, and what is said of them must not depend on the cuts.
#include "fuzz_input.h"
#include "nfsieve/inspect/app_parsers.h"

#include <string>
#include <vector>

namespace {

using namespace nfsieve;
using fuzz::require;

constexpr std::size_t limit = 2048;

/// Adds up all that is said, and reads every buffer.
class Listener final : public TransactionListener {
public:
    std::uint64_t sum = 1, fed[2] = {0, 0};
    const AppParser* parser = nullptr;
    Side feeding = Side::client;
    bool ended = false;

    void on_stage(Transaction& transaction, Side sender, Stage reached) override {
        add(static_cast<std::uint64_t>(reached));
        require(transaction.stage(sender) >= reached);
        for (const Side side : {Side::client, Side::server})
            for (std::size_t i = 0; i < buffer_count; ++i)
                for (std::size_t instance = 0;; ++instance) {
                    const auto found = transaction.buffer(side, {static_cast<Buffer>(i), {}, {}}, instance);
                    if (!found)
                        break;
                    require(found->complete && found->start == 0);
                    add(i);
                    for (const std::uint8_t byte : found->bytes)
                        add(byte);
                }
    }
    void on_body(Transaction&, Side, std::size_t) override { require(false); }
    void on_event(Transaction*, Side, std::string_view name) override {
        for (const char letter : name)
            add(static_cast<std::uint8_t>(letter));
    }
    void on_end(Transaction&) override {
        require(!ended);
        ended = true;
        add(99);
    }

private:
    void add(std::uint64_t value) {
        const std::uint64_t at = fed[static_cast<std::size_t>(feeding)] + parser->consumed();
        sum = (sum ^ value ^ at << 32) * 0x100000001b3U;
    }
};

struct Part {
    Side sender;
    Bytes bytes;
};

/// What is said of the parts where each is fed `step` bytes at a time.
std::uint64_t said(const std::vector<Part>& parts, std::size_t step) {
    AppParserLimits limits;
    limits.handshake = limit;
    const AppParsers parsers(limits);
    const auto parser = parsers.make(AppProtocol::tls);
    Listener listener;
    listener.parser = parser.get();
    AppParser::Outcome outcome = AppParser::Outcome::going;
    for (const Part& part : parts)
        for (std::size_t at = 0; at < part.bytes.size(); at += step) {
            const std::vector<std::uint8_t> copy(
                part.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                part.bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + step, part.bytes.size())));
            listener.feeding = part.sender;
            outcome = parser->feed(part.sender, copy, listener);
            listener.fed[static_cast<std::size_t>(part.sender)] += copy.size();
            require(parser->memory() < 64 * limit);
            require((outcome != AppParser::Outcome::going && outcome != AppParser::Outcome::failed) ==
                    listener.ended);
        }
    for (const Side side : {Side::client, Side::server})
        outcome = parser->finish(side, listener);
    require(outcome != AppParser::Outcome::going);
    return listener.sum ^ static_cast<std::uint64_t>(outcome);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t step = std::size_t{input.byte()} % 16 + 1;
    std::vector<Part> parts;
    while (input.more()) {
        const Side sender = input.byte() % 2 == 0 ? Side::client : Side::server;
        parts.push_back({sender, input.bytes(input.number() % 1500)});
    }
    for (const Part& part : parts)
        for (const Side side : {Side::client, Side::server})
            for (std::size_t count = 0; count <= std::min<std::size_t>(part.bytes.size(), 64); ++count)
                static_cast<void>(looks_like_tls(side, part.bytes.first(count)));
    const std::uint64_t whole = said(parts, size + 1);
    require(said(parts, step) == whole);
    return 0;
}
