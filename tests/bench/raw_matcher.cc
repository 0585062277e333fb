// SPDX-License-Identifier: GPL-2.0-or-later
//
// Vectorscan and nothing else, over the bytes that `nfsieve replay` feeds it: the limit of any engine that is
// made of it. The databases are the ones that the rules compile to; a stream for each flow and direction is
// opened with its first byte and taken back at its FIN; chunks end where the capture's segments end.

#include "arguments.h"

#include "nfsieve/base/timed_rounds.h"
#include "nfsieve/io/capture.h"
#include "nfsieve/packet/flow_key.h"
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <array>
#include <cstdio>
#include <map>
#include <new>
#include <string>
#include <vector>

namespace {

using namespace nfsieve;

/// One call of the matcher, or the end of a stream (no bytes).
struct Chunk {
    Bytes bytes;
    std::size_t stream = 0;
};

/// Takes the chunks out of a capture instead of judging it. In-order bytes alone: a segment that does not
/// begin where the last one ended is not part of the measurement, and is counted.
class ChunkReader : public Judge {
public:
    explicit ChunkReader(const RuleSet& rules) : rules_(rules) {}

    Decision judge(const Packet& packet) override {
        const Decoded decoded = decode(packet.data);
        if (decoded.status == DecodeStatus::tcp)
            take(decoded.segment, flow_key(decoded.segment, packet.zone));
        return {Verdict::accept};
    }
    void settle() override {}
    void tick(Time) override {}

    std::vector<Chunk> chunks;
    std::vector<const Group*> groups; ///< by stream
    std::uint64_t payload = 0;
    std::uint64_t left_out = 0; ///< segments

private:
    struct Direction {
        std::uint32_t next = 0; ///< sequence number
        bool known = false, ended = false;
        std::size_t stream = 0;
    };
    using Flow = std::array<Direction, 2>; ///< by "from low"

    void take(const Segment& segment, const KeyedSegment& keyed) {
        const auto [flow, is_new] = flows_.try_emplace(keyed.key);
        if (is_new)
            add_streams(flow->second, segment, keyed.from_low);
        Direction& direction = flow->second[keyed.from_low ? 1 : 0];
        if (segment.has(tcp_flag::syn) || !direction.known) {
            direction.next = segment.sequence + (segment.has(tcp_flag::syn) ? 1 : 0);
            direction.known = true;
        }
        if (!segment.payload.empty() && (segment.sequence != direction.next || direction.ended)) {
            ++left_out;
            return;
        }
        direction.next += static_cast<std::uint32_t>(segment.payload.size());
        if (groups[direction.stream] == nullptr)
            return;
        if (!segment.payload.empty()) {
            chunks.push_back({segment.payload, direction.stream});
            payload += segment.payload.size();
        }
        if (segment.has(tcp_flag::fin) && !direction.ended) {
            direction.ended = true;
            chunks.push_back({{}, direction.stream});
        }
    }

    /// The client sends the first SYN, or else has the greater port.
    void add_streams(Flow& flow, const Segment& first, bool from_low) {
        const bool from_client =
            first.has(tcp_flag::syn) ? !first.has(tcp_flag::ack) : first.source_port > first.destination_port;
        const std::uint16_t port = from_client ? first.destination_port : first.source_port;
        for (const bool to_server : {true, false}) {
            const Group* group = rules_.group(to_server, port);
            if (group != nullptr && !group->database)
                group = nullptr;
            flow[to_server == from_client ? (from_low ? 1 : 0) : (from_low ? 0 : 1)].stream = groups.size();
            groups.push_back(group);
        }
    }

    const RuleSet& rules_;
    std::map<FlowKey, Flow> flows_;
};

int count_match(unsigned, unsigned long long, unsigned long long, unsigned, void* context) noexcept {
    ++*static_cast<std::uint64_t*>(context);
    return 0;
}

/// What one thread needs. Streams that have ended serve again, as in the engine.
class Matcher {
public:
    Matcher(const RuleSet& rules, std::unique_ptr<CaptureSource> capture)
        : capture_(std::move(capture)), reader_(rules), spare_(rules.groups().size()) {
        const std::atomic<bool> never{false};
        static_cast<void>(capture_->run(reader_, never));
        open_.resize(reader_.groups.size());
        hs_scratch_t* scratch = nullptr;
        if (rules.scratch() != nullptr && hs_clone_scratch(rules.scratch(), &scratch) != HS_SUCCESS)
            throw std::bad_alloc();
        scratch_.reset(scratch);
    }
    ~Matcher() {
        close_all();
        for (auto& streams : spare_)
            for (hs_stream_t* stream : streams)
                hs_close_stream(stream, nullptr, nullptr, nullptr);
    }
    Matcher(const Matcher&) = delete;
    Matcher& operator=(const Matcher&) = delete;

    [[nodiscard]] const ChunkReader& read() const { return reader_; }
    [[nodiscard]] const CaptureTotals& totals() const { return capture_->totals(); }
    [[nodiscard]] std::uint64_t matches() const { return matches_; }
    [[nodiscard]] bool failed() const { return failed_; }

    void match() {
        for (const Chunk& chunk : reader_.chunks) {
            if (chunk.bytes.empty()) {
                close(chunk.stream);
                continue;
            }
            hs_stream_t*& stream = open_[chunk.stream];
            if (stream == nullptr)
                open(chunk.stream);
            failed_ = failed_ || hs_scan_stream(stream, reinterpret_cast<const char*>(chunk.bytes.data()),
                                                static_cast<unsigned>(chunk.bytes.size()), 0, scratch_.get(),
                                                &count_match, &matches_) != HS_SUCCESS;
        }
    }
    /// Of streams whose end the capture does not have.
    void close_all() {
        for (std::size_t stream = 0; stream < open_.size(); ++stream)
            close(stream);
    }

private:
    void open(std::size_t stream) {
        const Group& group = *reader_.groups[stream];
        auto& spare = spare_[group.index];
        if (!spare.empty()) {
            open_[stream] = spare.back();
            spare.pop_back();
        } else if (hs_open_stream(group.database.get(), 0, &open_[stream]) != HS_SUCCESS) {
            failed_ = true;
        }
    }
    void close(std::size_t stream) {
        if (open_[stream] == nullptr)
            return;
        failed_ = failed_ || hs_reset_stream(open_[stream], 0, nullptr, nullptr, nullptr) != HS_SUCCESS;
        spare_[reader_.groups[stream]->index].push_back(std::exchange(open_[stream], nullptr));
    }

    std::unique_ptr<CaptureSource> capture_; ///< chunks lie in it
    ChunkReader reader_;
    HsScratch scratch_;
    std::vector<hs_stream_t*> open_;               ///< by stream
    std::vector<std::vector<hs_stream_t*>> spare_; ///< by group
    std::uint64_t matches_ = 0;
    bool failed_ = false;
};

int complain(const std::string& message) {
    std::fprintf(stderr, "raw_matcher: %s\n", message.c_str());
    return 1;
}

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

int run(const std::filesystem::path& rule_file, const CaptureConfig& config, std::size_t threads,
        std::size_t repeat) {
    const ReadRules read = read_rule_files({&rule_file, 1});
    const Compiled compiled = read.errors.empty() ? compile(read.specs) : Compiled{nullptr, read.errors, {}};
    if (!compiled.rules)
        return complain(compiled.errors.front().to_string());
    auto captures = load_capture(config, threads);
    if (!captures)
        return complain(captures.error().message);
    std::vector<std::unique_ptr<Matcher>> matchers;
    for (auto& capture : *captures)
        matchers.push_back(std::make_unique<Matcher>(*compiled.rules, std::move(capture)));
    const RoundTimes elapsed = time_rounds(
        threads, repeat, [&](std::size_t thread) { matchers[thread]->close_all(); },
        [&](std::size_t thread) { matchers[thread]->match(); });

    std::uint64_t bytes = 0, payload = 0, matches = 0;
    for (const auto& matcher : matchers) {
        if (matcher->failed())
            return complain("Vectorscan failed");
        bytes += matcher->totals().bytes * repeat;
        payload += matcher->read().payload * repeat;
        matches += matcher->matches();
    }
    const ChunkReader& first = matchers.front()->read();
    std::printf(
        "bytes=%llu payload=%llu chunks=%zu left_out=%llu matches=%llu time=%.3fs %.2f Gbit/s cpu=%.6fs\n",
        static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(payload), first.chunks.size(),
        static_cast<unsigned long long>(first.left_out), static_cast<unsigned long long>(matches),
        seconds(elapsed.wall), static_cast<double>(bytes) * 8 / seconds(elapsed.wall) / 1e9,
        seconds(elapsed.cpu));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    test::Arguments arguments(argc, argv);
    const std::string rules = arguments.take("--rules", "");
    const std::size_t threads = arguments.take_number("--threads", 1);
    const std::size_t repeat = arguments.take_number("--repeat", 1);
    if (arguments.rest().size() != 1 || rules.empty() || threads == 0 || repeat == 0) {
        std::fputs("usage: raw_matcher --rules FILE.json [--threads N] [--repeat K] CAPTURE\n", stderr);
        return 1;
    }
    CaptureConfig config;
    config.file = arguments.rest().front();
    return run(rules, config, threads, repeat);
}
