// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/worker.h"

#include "nfsieve/app/cpus.h"
#include "nfsieve/io/nfqueue.h"
#include "nfsieve/io/reset_socket.h"

#include <pthread.h>
#include <string>

namespace nfsieve {

Result<std::unique_ptr<Worker>> Worker::open(const SealedConfig& config, std::uint16_t queue,
                                             std::uint32_t workers, const RuleSetStore& store,
                                             const GetSink& get_sink, HostTable& hosts) {
    const auto cpu = config.cpu_of(static_cast<std::size_t>(queue - config.queues.first));
    std::unique_ptr<Worker> worker(new Worker(queue, cpu, store));
    auto resets = open_reset_socket(config.engine.marks.own());
    if (!resets)
        return resets.error();
    worker->resets_ = *std::move(resets);

    NfqueueConfig source_config;
    source_config.queue = queue;
    source_config.queue_length = config.queue_length;
    source_config.receive_buffer = config.receive_buffer;
    source_config.fail_open = config.fail_open;
    source_config.conntrack = config.conntrack;
    source_config.marks = config.engine.marks;
    auto source = open_nfqueue(source_config, worker->counters_, worker->times_);
    if (!source)
        return source.error();
    worker->source_ = *std::move(source);

    worker->engine_ =
        make_engine(worker_engine_config(config, workers), worker->rules_,
                    {&worker->counters_, &get_sink(worker->counters_), worker->resets_.get(), &hosts});
    return worker;
}

Worker::~Worker() {
    join();
}

void Worker::start(const std::atomic<bool>& stop, std::function<void()> ended) {
    thread_ = std::thread([this, &stop, ended = std::move(ended)] {
        if (const auto result = run(stop); !result)
            failure_ = result.error();
        ended();
    });
    const std::string name = "nfsieve-q" + std::to_string(queue_);
    ::pthread_setname_np(thread_.native_handle(), name.c_str());
}

Result<void> Worker::run(const std::atomic<bool>& stop) {
    if (cpu_)
        if (auto bound = bind_to_cpu(*cpu_); !bound)
            return bound;
    return source_->run(*engine_, stop);
}

void Worker::join() {
    if (thread_.joinable())
        thread_.join();
}

} // namespace nfsieve
