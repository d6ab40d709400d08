-- The load of peers.bench.ts: an XMLA request by POST, a number of its own in each, told as one line of JSON.
-- Arguments: file of the body, where "@@" stands for the number; milliseconds that a connection rests on average (0: never).
local head, tail, rest
local sent = 0

function init(args)
  local file = assert(io.open(args[1], 'rb'))
  local body = file:read('*a')
  file:close()
  local at = assert(body:find('@@', 1, true))
  head, tail, rest = body:sub(1, at - 1), body:sub(at + 2), tonumber(args[2])
  if rest > 0 then
    delay = function() return math.random(0, 2 * rest) end
  end
  wrk.method = 'POST'
  wrk.headers['Content-Type'] = 'text/xml; charset=utf-8'
  wrk.headers['SOAPAction'] = '"urn:schemas-microsoft-com:xml-analysis:Execute"'
  wrk.headers['User-Agent'] = 'ADOMD.NET'
  wrk.headers['Authorization'] = 'Basic a29tbXVuZVxrLmhvbG06aGVtbWVsaWd0'
end

function request()
  sent = sent + 1
  return wrk.format(nil, nil, nil, head .. string.format('%06d', sent % 1000000) .. tail)
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"micros":%d,"failed":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d}\n', summary.requests,
    summary.duration, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(90),
    latency:percentile(99), latency.max))
end
