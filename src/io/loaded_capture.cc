// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/capture.h"

#include "handing_over.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nfsieve {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t look_ahead = 4; ///< packets whose headers are fetched before they are judged

/// Packets one behind the other in slabs, each at the start of a cache line: what is judged next lies behind
/// what is judged now.
class LoadedCapture : public CaptureSource {
public:
    Result<void> run(Judge& judge, const std::atomic<bool>& stop) override {
        std::optional<Time> last_tick;
        for (std::size_t at = 0; at < packets_.size() && !stop.load(std::memory_order_relaxed);
             at += batch_size) {
            const std::size_t end = std::min(at + batch_size, packets_.size());
            judge.expect(std::span(packets_).subspan(at, end - at));
            for (std::size_t i = at; i < end; ++i) {
                const Packet& packet = packets_[i];
                __builtin_prefetch(packets_[std::min(i + look_ahead, packets_.size() - 1)].data.data());
                if (!last_tick || packet.time - *last_tick >= captured_tick) {
                    last_tick = packet.time;
                    judge.tick(packet.time);
                }
                ++(judge.judge(packet).verdict == Verdict::accept ? totals_.accepted : totals_.dropped);
            }
            judge.settle();
        }
        if (!packets_.empty())
            judge.tick(packets_.back().time); // its gauges are of the end
        totals_ += in_file_;
        return {};
    }

    const CaptureTotals& totals() const override { return totals_; }

    void add(const Packet& packet) {
        packets_.push_back(packet);
        Packet& own = packets_.back();
        own.data = keep(packet.data);
        own.slab = packet.data.size() <= captured_slab_size ? &kept_.back() : nullptr;
    }
    void note_file(const CaptureTotals& read) {
        in_file_ = read;
        in_file_.accepted = in_file_.dropped = 0; // each judge's own
    }

private:
    Bytes keep(Bytes data) {
        if (data.size() > captured_slab_size) {
            const auto& copy = oversized_.emplace_back(data.begin(), data.end());
            return copy;
        }
        if (kept_.empty() || data.size() > captured_slab_size - used_) {
            kept_.push_back(slabs_.take());
            used_ = 0;
        }
        std::uint8_t* const place = kept_.back().data() + used_;
        std::copy(data.begin(), data.end(), place);
        used_ =
            std::min((used_ + data.size() + cache_line - 1) / cache_line * cache_line, captured_slab_size);
        return {place, data.size()};
    }

    SlabPool slabs_{captured_slab_size};
    std::deque<SlabRef> kept_; ///< packets point at these
    std::size_t used_ = 0;     ///< bytes of the last of them
    std::deque<std::vector<std::uint8_t>> oversized_;
    std::vector<Packet> packets_;
    CaptureTotals in_file_, totals_;
};

/// Judges nothing: it keeps what it is given, once for each thread.
class Recorder : public Judge {
public:
    explicit Recorder(std::size_t copies) {
        for (std::size_t i = 0; i < copies; ++i)
            captures.push_back(std::make_unique<LoadedCapture>());
    }
    Decision judge(const Packet& packet) override {
        for (const auto& capture : captures)
            capture->add(packet);
        return {Verdict::accept};
    }
    void settle() override {}
    void tick(Time) override {}

    std::vector<std::unique_ptr<LoadedCapture>> captures;
};

} // namespace

Result<std::vector<std::unique_ptr<CaptureSource>>> load_capture(const CaptureConfig& config,
                                                                 std::size_t copies) {
    CaptureConfig reading = config;
    reading.passed.reset();
    const auto file = open_capture(reading);
    if (!file)
        return file.error();
    Recorder recorder(copies);
    const std::atomic<bool> never{false};
    if (const auto read = (*file)->run(recorder, never); !read)
        return Error{config.file.string() + ": breaks off at frame " +
                     std::to_string((*file)->totals().frames + 1) +
                     ": only a whole capture can be judged again and again"};
    std::vector<std::unique_ptr<CaptureSource>> sources;
    for (auto& capture : recorder.captures) {
        capture->note_file((*file)->totals());
        sources.push_back(std::move(capture));
    }
    return sources;
}

} // namespace nfsieve
