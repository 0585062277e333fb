// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/nfqueue.h"

#include "handing_over.h"
#include "mnl_handles.h"
#include "nfsieve/base/uptime.h"
#include "nfsieve/io/queue_status.h"
#include "queue_bind.h"
#include "queue_message.h"
#include "verdict_batch.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace nfsieve {
namespace {

constexpr std::size_t receive_size = copy_range + 1 + 8192; // payload and all attributes beside it
constexpr Duration tick_period = std::chrono::milliseconds(100);
constexpr Duration status_every = std::chrono::seconds(1);
constexpr std::size_t most_unsent = batch_size * 256; // verdicts; far beyond a passing shortage of memory

class NfqueueSource : public PacketSource {
public:
    NfqueueSource(const NfqueueConfig& config, Counters& counters, Histogram& times, MnlSocket socket)
        : config_(config), counters_(counters), times_(times), socket_(std::move(socket)),
          fd_(::mnl_socket_get_fd(socket_.get())), verdicts_(config.queue, batch_size) {
        for (std::size_t i = 0; i < batch_size; ++i) {
            mmsghdr& message = messages_[i];
            message.msg_hdr.msg_iov = &vectors_[i];
            message.msg_hdr.msg_iovlen = 1;
            message.msg_hdr.msg_name = &senders_[i];
            use_slab(i, slabs_.take());
        }
        waiting_.reserve(batch_size);
        pending_.reserve(batch_size);
        dropped_ = kernel_drops();
    }

    Result<void> run(Judge& judge, const std::atomic<bool>& stop) override {
        Time now = uptime();
        tick(judge, now);
        while (!stop.load(std::memory_order_relaxed)) {
            for (mmsghdr& message : messages_)
                message.msg_hdr.msg_namelen = sizeof(sockaddr_nl);
            const int received = ::recvmmsg(fd_, messages_.data(), batch_size, MSG_WAITFORONE, nullptr);
            const int error = errno;
            now = uptime();
            if (received < 0) {
                if (auto survived = survive(error); !survived)
                    return survived;
            } else if (auto answered = answer(judge, now, static_cast<std::size_t>(received)); !answered) {
                return answered;
            } else {
                judge.settle();
            }
            if (now - last_tick_ >= tick_period)
                tick(judge, now);
        }
        return {};
    }

private:
    Error failure(const std::string& what) const {
        return Error{"queue " + std::to_string(config_.queue) + ": " + what};
    }

    /// A receive that brought nothing.
    Result<void> survive(int error) {
        switch (error) {
        case EAGAIN: // the timeout
        case EINTR:
            return {};
        case ENOBUFS:
            counters_.add(Counter::queue_overruns);
            return {};
        case ENOMEM:
            return {};
        default:
            return failure(std::string("cannot receive from the kernel: ") + std::strerror(error));
        }
    }

    Result<void> answer(Judge& judge, Time now, std::size_t received) {
        const auto arrived = std::chrono::steady_clock::now(); // two readings a batch
        const std::size_t unsent = verdicts_.count();
        for (std::size_t i = 0; i < received; ++i)
            if (senders_[i].nl_pid == 0)
                read_datagram(judge, now, i);
        judge_waiting(judge);
        for (std::size_t i = 0; i < received; ++i)
            if (!buffers_[i].unique())
                use_slab(i, slabs_.take());
        if (refusal_ != 0)
            return failure(std::string("the kernel refuses verdicts: ") + std::strerror(refusal_) +
                           (refusal_ == EPERM ? "; the process has lost CAP_NET_ADMIN" : ""));
        times_.record(std::chrono::steady_clock::now() - arrived, verdicts_.count() - unsent);
        return send_verdicts();
    }

    void read_datagram(Judge& judge, Time now, std::size_t slot) {
        Bytes rest(buffers_[slot].data(), messages_[slot].msg_len);
        while (!rest.empty()) {
            const QueueMessage message = parse_queue_message(rest);
            if (message.kind == QueueMessage::Kind::ack)
                take_refusal(message.error);
            else if (message.has_id)
                take(judge, now, message, buffers_[slot]);
            if (message.size == 0)
                return;
            rest = rest.subspan(message.size);
        }
    }

    /// Puts a packet to those that wait; `slab` is of this batch, which is judged before the next.
    void take(Judge& judge, Time now, const QueueMessage& message, const SlabRef& slab) {
        PendingPacket pending(verdicts_, message.packet_id);
        if (message.kind != QueueMessage::Kind::packet) {
            counters_.add(Counter::packets);
            counters_.add(Counter::cause_malformed);
            counters_.add(Counter::judged_drop);
            return;
        }
        if (waiting_.size() == batch_size) // the kernel puts one packet into a datagram
            judge_waiting(judge);
        Packet packet;
        packet.data = message.payload;
        packet.slab = &slab;
        packet.time = now;
        packet.original_size = message.original_size;
        packet.zone = message.zone();
        packet.mark = message.mark;
        packet.interface = message.physindev != 0 ? message.physindev : message.indev;
        packet.verify_checksum = message.checksum_unverified();
        waiting_.push_back(packet);
        pending_.push_back(std::move(pending));
    }

    void judge_waiting(Judge& judge) {
        judge.expect(waiting_);
        for (std::size_t i = 0; i < waiting_.size(); ++i)
            carry_out(judge.judge(waiting_[i]), waiting_[i].mark, std::move(pending_[i]));
        waiting_.clear();
        pending_.clear();
    }

    /// A packet that is dropped reaches no later chain. For the kernel to remember that the connection is
    /// blocked it goes through the divert chain once more, which then drops it; where that has no such rule
    /// it comes back, and is dropped for good.
    void carry_out(const Decision& decision, std::uint32_t mark, PendingPacket pending) {
        const MarkLayout& marks = config_.marks;
        const std::uint32_t others = mark & ~(marks.generation_mask() | marks.blocked());
        if (decision.verdict == Verdict::accept && decision.generation != 0)
            std::move(pending).accept(others | marks.done(decision.generation));
        else if (decision.verdict == Verdict::accept)
            std::move(pending).accept();
        else if ((mark & marks.blocked()) == 0 && decision.fate == Fate::rejected)
            std::move(pending).repeat(others | marks.rejected());
        else if ((mark & marks.blocked()) == 0 && decision.fate == Fate::blocked)
            std::move(pending).repeat(others | marks.blocked());
    }

    /// ENOENT is a packet that the kernel gave up meanwhile (a base chain was deleted, an interface went).
    /// With the others no verdict will ever be taken again.
    void take_refusal(int error) {
        if (error == 0)
            return;
        counters_.add(Counter::verdict_errors);
        if (error == EPERM || error == ENODEV)
            refusal_ = error;
    }

    /// What cannot be sent for want of memory stays for the next time.
    Result<void> send_verdicts() {
        if (verdicts_.count() == 0)
            return {};
        static constexpr sockaddr_nl kernel = {AF_NETLINK, 0, 0, 0};
        const Bytes bytes = verdicts_.bytes();
        ssize_t sent = 0;
        do
            sent = ::sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&kernel),
                            sizeof kernel);
        while (sent < 0 && errno == EINTR);
        if (sent >= 0) {
            verdicts_.clear();
            return {};
        }
        const int error = errno;
        counters_.add(Counter::verdict_errors);
        if ((error == ENOBUFS || error == ENOMEM || error == EAGAIN) && verdicts_.count() < most_unsent)
            return {};
        return failure(std::string("cannot send verdicts: ") + std::strerror(error));
    }

    void tick(Judge& judge, Time now) {
        last_tick_ = now;
        if (now - last_status_ >= status_every) {
            last_status_ = now;
            count_drops();
        }
        judge.tick(now);
    }

    /// Without ENOBUFS only this file tells how many packets the kernel dropped before we saw them.
    void count_drops() {
        const std::uint64_t dropped = kernel_drops();
        if (dropped > dropped_)
            counters_.add(Counter::queue_overruns, dropped - dropped_);
        dropped_ = dropped;
    }

    std::uint64_t kernel_drops() const {
        const auto text = read_queue_status_file();
        const auto status = text ? parse_queue_status(*text, config_.queue) : std::nullopt;
        return status ? status->dropped + status->user_dropped : dropped_;
    }

    void use_slab(std::size_t slot, SlabRef slab) {
        vectors_[slot] = {slab.data(), receive_size};
        buffers_[slot] = std::move(slab);
    }

    const NfqueueConfig config_;
    Counters& counters_;
    Histogram& times_;
    MnlSocket socket_;
    const int fd_;
    VerdictBatch verdicts_;
    SlabPool slabs_{receive_size};
    std::array<SlabRef, batch_size> buffers_;
    std::array<iovec, batch_size> vectors_{};
    std::array<sockaddr_nl, batch_size> senders_{};
    std::array<mmsghdr, batch_size> messages_{};
    std::vector<Packet> waiting_;        ///< those of the batch at hand that are to be judged
    std::vector<PendingPacket> pending_; ///< the same packets, as the kernel knows them
    Time last_tick_, last_status_;
    std::uint64_t dropped_ = 0;
    int refusal_ = 0;
};

} // namespace

Result<std::unique_ptr<PacketSource>> open_nfqueue(const NfqueueConfig& config, Counters& counters,
                                                   Histogram& times) {
    auto socket = bind_queue(config);
    if (!socket)
        return socket.error();
    return std::unique_ptr<PacketSource>(
        std::make_unique<NfqueueSource>(config, counters, times, *std::move(socket)));
}

} // namespace nfsieve
