// SPDX-License-Identifier: GPL-2.0-or-later
// A conversation in any pieces, of which one end may go on unheard: the parser never exceeds its limits,
// never hands out a body with bytes missing, and hears the same when each message comes in single bytes.
#include "fuzz_input.h"
#include "nfsieve/inspect/app_parsers.h"

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace nfsieve::fuzz {
namespace {

constexpr AppParserLimits limits = {
    .body_window = 256, .header_size = 512, .expansion = 10, .layers = 2, .transactions = 4, .handshake = 0};
/// brotli may ask for a window of 16 MiB in each layer of each body.
constexpr std::size_t most_memory = std::size_t{256} << 20;

class Listener final : public TransactionListener {
public:
    void on_stage(Transaction& transaction, Side sender, Stage reached) override {
        said_ += std::to_string(transaction.id()) + (sender == Side::client ? 'C' : 'S') +
                 std::to_string(static_cast<int>(reached));
        require(transaction.stage(sender) == reached);
        for (std::size_t i = 0; i < buffer_count; ++i) {
            const auto found = transaction.buffer(sender, {static_cast<Buffer>(i), "host", {}}, 0);
            if (found && stage_of(static_cast<Buffer>(i)) == reached)
                said_ += as_text(found->bytes);
        }
    }
    void on_body(Transaction& transaction, Side sender, std::size_t fresh) override {
        const auto content = transaction.buffer(
            sender, {sender == Side::client ? Buffer::http_request_body : Buffer::http_response_body, "", {}},
            0);
        require(content && fresh > 0 && content->bytes.size() <= limits.body_window);
        std::uint64_t& end = ends_[{transaction.id(), sender}];
        const std::uint64_t now = content->start + content->bytes.size();
        require(end == 0 || now <= end + fresh);
        end = now;
    }
    void on_event(Transaction*, Side, std::string_view name) override { said_ += name; }
    void on_end(Transaction& transaction) override { said_ += std::to_string(transaction.id()) + "end"; }

    [[nodiscard]] const std::string& said() const { return said_; }

private:
    std::string said_;
    std::map<std::pair<std::uint64_t, Side>, std::uint64_t> ends_;
};

struct Piece {
    Side sender;
    Bytes bytes;
    bool last; ///< that is heard of its sender
};

std::string hear(const std::vector<Piece>& pieces, bool single_bytes) {
    const AppParsers parsers(limits);
    const auto parser = parsers.make(AppProtocol::http);
    Listener listener;
    auto outcome = AppParser::Outcome::going;
    std::array<bool, 2> muted{};
    for (const Piece& piece : pieces) {
        bool& unheard = muted[static_cast<std::size_t>(piece.sender)];
        if (unheard)
            continue;
        const std::size_t step = single_bytes ? 1 : piece.bytes.size();
        for (std::size_t at = 0; at < piece.bytes.size() && outcome == AppParser::Outcome::going;
             at += step) {
            outcome = parser->feed(piece.sender, piece.bytes.subspan(at, step), listener);
            require(parser->consumed() <= step && parser->memory() <= most_memory);
        }
        unheard = piece.last;
        if (unheard && outcome == AppParser::Outcome::going)
            parser->mute(piece.sender, listener);
    }
    for (const Side side : {Side::client, Side::server})
        if (outcome == AppParser::Outcome::going && !muted[static_cast<std::size_t>(side)])
            outcome = parser->finish(side, listener);
    return listener.said() + std::to_string(static_cast<int>(outcome));
}

} // namespace
} // namespace nfsieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nfsieve;
    using namespace nfsieve::fuzz;
    Input in(data, size);
    std::vector<Piece> pieces;
    Side sender = Side::client;
    while (in.more() && pieces.size() < 32) {
        const std::size_t count = in.number() % 1024;
        const bool last = in.number() % 16 == 15;
        if (const Bytes bytes = in.bytes(count); !bytes.empty())
            pieces.push_back({sender, bytes, last});
        sender = other(sender);
    }
    require(hear(pieces, false) == hear(pieces, true));
    return 0;
}
