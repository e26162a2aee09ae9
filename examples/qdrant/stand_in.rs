//! A stand-in for a Qdrant server: it knows the three requests that the example makes, and no others.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Serves on loopback for as long as the process lives; gives back the address.
pub async fn start() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        let mut points = BTreeMap::new();
        while let Ok((stream, _)) = listener.accept().await {
            // One connection after the other is enough for the example.
            let _ = serve(stream, &mut points).await;
        }
    });
    Ok(url)
}

async fn serve(stream: TcpStream, points: &mut BTreeMap<String, Value>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut request, mut length) = (String::new(), 0);
        stream.read_line(&mut request).await?;
        loop {
            let mut header = String::new();
            if stream.read_line(&mut header).await? <= 2 {
                break;
            }
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        if request.is_empty() {
            return Ok(());
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let body = serde_json::from_slice(&body).unwrap_or_default();
        let (status, answer) = match answer(&request, &body, points) {
            Some(result) => ("200 OK", json!({"result": result, "status": "ok", "time": 0.001})),
            None => {
                ("404 Not Found", json!({"result": null, "status": {"error": "Not found"}, "time": 0.001}))
            }
        };
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}",
            answer.len()
        );
        stream.write_all(format!("{head}\r\n\r\n{answer}").as_bytes()).await?;
    }
}

fn answer(request: &str, body: &Value, points: &mut BTreeMap<String, Value>) -> Option<Value> {
    let (method, rest) = request.split_once(' ')?;
    let path = rest.split([' ', '?']).next()?.strip_prefix("/collections/")?;
    match (method, path.split_once('/')) {
        ("PUT", None) => Some(json!(true)),
        ("PUT", Some((_, "points"))) => {
            for point in body["points"].as_array()? {
                points.insert(point["id"].to_string(), point.clone());
            }
            Some(json!({"operation_id": 0, "status": "completed"}))
        }
        ("POST", Some((_, "points/query"))) => {
            let mut found: Vec<Value> = points.values().map(|point| scored(point, &body["query"])).collect();
            found.sort_by(|a, b| {
                b["score"].as_f64().unwrap_or(0.0).total_cmp(&a["score"].as_f64().unwrap_or(0.0))
            });
            found.truncate(usize::try_from(body["limit"].as_u64()?).ok()?);
            Some(json!({"points": found}))
        }
        _ => None,
    }
}

fn scored(point: &Value, query: &Value) -> Value {
    let numbers = |vector: &Value| -> Vec<f64> {
        vector.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    };
    let (a, b) = (numbers(&point["vector"]), numbers(query));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let score = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt().max(f64::MIN_POSITIVE);
    json!({"id": point["id"], "version": 0, "score": score, "payload": point["payload"]})
}
