// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/capture.h"

#include "checksum_habits.h"
#include "handing_over.h"
#include "nfsieve/packet/link.h"
#include "pcap_handles.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace nfsieve {
namespace {

constexpr std::size_t read_size = 1024 * 1024; ///< bytes of the file that one system call reads

/// A hostile pcapng file can claim any second; nanoseconds in 64 bits end in the year 2262.
Time time_of(const pcap_pkthdr& header) {
    constexpr std::int64_t last_second = 9'000'000'000;
    const auto seconds = std::clamp<std::int64_t>(header.ts.tv_sec, 0, last_second);
    // With nanosecond precision asked for, libpcap counts nanoseconds in tv_usec.
    const auto nanoseconds = std::clamp<std::int64_t>(header.ts.tv_usec, 0, 999'999'999);
    return Time(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

class PcapSource : public CaptureSource {
public:
    /// `buffer` is what the capture's file reads into.
    PcapSource(CaptureConfig config, std::vector<char> buffer, PcapHandle capture, PcapDumper passed)
        : config_(std::move(config)), buffer_(std::move(buffer)), capture_(std::move(capture)),
          passed_(std::move(passed)), link_type_(::pcap_datalink(capture_.get())) {}

    Result<void> run(Judge& judge, const std::atomic<bool>& stop) override {
        pcap_pkthdr* header = nullptr;
        const std::uint8_t* data = nullptr;
        while (!stop.load(std::memory_order_relaxed)) {
            const int read = ::pcap_next_ex(capture_.get(), &header, &data);
            if (read == PCAP_ERROR_BREAK)
                break;
            if (read < 0) {
                (void)flush_passed();
                return Error{config_.file.string() + ": frame " + std::to_string(totals_.frames + 1) + ": " +
                             ::pcap_geterr(capture_.get()) + "; the frames before it were judged"};
            }
            take_frame(judge, *header, Bytes(data, header->caplen));
        }
        if (totals_.frames > 0)
            judge.tick(last_time_); // its gauges are of the end
        return flush_passed();
    }

    const CaptureTotals& totals() const override { return totals_; }

private:
    void take_frame(Judge& judge, const pcap_pkthdr& header, Bytes frame) {
        ++totals_.frames;
        totals_.bytes += frame.size();
        const Time time = last_time_ = time_of(header);
        if (totals_.frames == 1 || time - last_tick_ >= captured_tick) {
            last_tick_ = time;
            judge.tick(time);
        }
        const auto view = strip_link(link_type_, frame);
        bool pass = true;
        if (!view) {
            ++totals_.not_ip;
        } else {
            const std::size_t original_frame = std::max<std::size_t>(header.len, frame.size());
            const std::size_t link_header = frame.size() - view->network.size();
            pass = judge_packet(judge, *view, time, original_frame - link_header);
            ++(pass ? totals_.accepted : totals_.dropped);
        }
        if (pass && passed_)
            ::pcap_dump(reinterpret_cast<std::uint8_t*>(passed_.get()), &header, frame.data());
    }

    bool judge_packet(Judge& judge, const LinkView& view, Time time, std::size_t original_size) {
        Packet packet;
        packet.data = view.network;
        packet.time = time;
        packet.original_size = static_cast<std::uint32_t>(original_size);
        packet.zone = config_.ignore_vlans ? 0 : view.vlan;
        packet.verify_checksum = original_size == view.network.size() && must_verify(view.network);
        // libpcap reuses its buffer. In a slab the engine may keep payloads as it does behind a live source.
        if (view.network.size() <= captured_slab_size) {
            if (!slab_.unique())
                slab_ = slabs_.take();
            std::copy(view.network.begin(), view.network.end(), slab_.data());
            packet.data = Bytes(slab_.data(), view.network.size());
            packet.slab = &slab_;
        }
        const Decision decision = judge.judge(packet);
        judge.settle();
        return decision.verdict == Verdict::accept;
    }

    bool must_verify(Bytes packet) {
        return config_.checksums == ChecksumMode::verify ||
               (config_.checksums == ChecksumMode::automatic && habits_.really_wrong(packet));
    }

    Result<void> flush_passed() {
        if (!passed_)
            return {};
        const bool failed = ::pcap_dump_flush(passed_.get()) != 0;
        const int error = errno;
        if (failed || std::ferror(::pcap_dump_file(passed_.get())) != 0)
            return Error{config_.passed->string() + ": cannot write: " + std::strerror(failed ? error : EIO)};
        return {};
    }

    const CaptureConfig config_;
    std::vector<char> buffer_; ///< outlives the capture
    PcapHandle capture_;
    PcapDumper passed_;
    const int link_type_;
    CaptureTotals totals_;
    Time last_time_, last_tick_;
    ChecksumHabits habits_;
    SlabPool slabs_{captured_slab_size};
    SlabRef slab_;
};

/// What libpcap would say in its own words, or not at all. Opens nothing: the capture may be a pipe.
Result<void> check_readable(const std::filesystem::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 || ::access(file.c_str(), R_OK) != 0)
        return Error{file.string() + ": cannot open the capture: " + std::strerror(errno)};
    if (S_ISDIR(status.st_mode))
        return Error{file.string() + ": is a directory; name a pcap or pcapng file"};
    if (S_ISREG(status.st_mode) && status.st_size == 0)
        return Error{file.string() + ": is empty; a capture has at least its file header"};
    return {};
}

Result<PcapDumper> open_passed(pcap_t* capture, const CaptureConfig& config) {
    const std::filesystem::path& path = *config.passed;
    std::error_code ignored;
    if (std::filesystem::equivalent(path, config.file, ignored))
        return Error{path.string() + ": is the capture that is being read; name another file for --passed"};
    PcapDumper passed(::pcap_dump_open(capture, path.c_str()));
    if (!passed)
        return Error{std::string("cannot write passed packets: ") + ::pcap_geterr(capture)};
    return passed;
}

} // namespace

CaptureTotals& CaptureTotals::operator+=(const CaptureTotals& other) {
    frames += other.frames;
    bytes += other.bytes;
    not_ip += other.not_ip;
    accepted += other.accepted;
    dropped += other.dropped;
    return *this;
}

Result<std::unique_ptr<CaptureSource>> open_capture(const CaptureConfig& config) {
    if (const auto readable = check_readable(config.file); !readable)
        return readable.error();
    std::FILE* const file = std::fopen(config.file.c_str(), "rbe");
    if (file == nullptr)
        return Error{config.file.string() + ": " + std::strerror(errno)};
    std::vector<char> buffer(read_size);
    static_cast<void>(std::setvbuf(file, buffer.data(), _IOFBF, buffer.size()));
    char reason[PCAP_ERRBUF_SIZE] = "";
    PcapHandle capture(::pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, reason));
    if (!capture) {
        static_cast<void>(std::fclose(file)); // which it has not taken
        return Error{config.file.string() + ": not a pcap or pcapng capture: " + reason};
    }
    const int link_type = ::pcap_datalink(capture.get());
    if (!link_type_known(link_type)) {
        const char* const name = ::pcap_datalink_val_to_name(link_type);
        return Error{config.file.string() + ": link type " +
                     (name != nullptr ? std::string(name) : std::to_string(link_type)) +
                     " is not known; capture on an Ethernet, raw IP or \"any\" (Linux cooked) interface"};
    }
    PcapDumper passed;
    if (config.passed) {
        auto opened = open_passed(capture.get(), config);
        if (!opened)
            return opened.error();
        passed = *std::move(opened);
    }
    return std::unique_ptr<CaptureSource>(
        std::make_unique<PcapSource>(config, std::move(buffer), std::move(capture), std::move(passed)));
}

} // namespace nfsieve
