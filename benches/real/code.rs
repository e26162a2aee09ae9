//! Code that a real model writes: how much of it runs at the first try, over each interpreter?

use std::sync::Arc;
use std::time::Instant;

use dspy::code::{CodeTurn, Interpreter, ProgramOfThought, Python, Rlm};
use dspy::{Context, ErrorKind, Result, signature};
use serde::Deserialize;

/// Solve the word problem.
#[signature]
pub struct Problem {
    #[input]
    question: String,
    /// The number that is asked for.
    #[output]
    number: f64,
}

/// Answer the question about the log of a warehouse.
#[signature]
pub struct Log {
    /// A line for each parcel.
    #[input]
    log: String,
    #[input]
    question: String,
    /// The number that is asked for.
    #[output]
    number: u64,
}

/// A line of the problems.
#[derive(Deserialize)]
struct Row {
    id: String,
    question: String,
    answer: f64,
}

/// The interpreters by name: all that are there, or those of these names.
fn interpreters(names: &[String]) -> Vec<(&'static str, Arc<dyn Interpreter>)> {
    let mut all: Vec<(&'static str, Arc<dyn Interpreter>)> = vec![("python", Arc::new(Python::new()))];
    #[cfg(feature = "monty")]
    {
        let monty = dspy::code::Monty::new();
        match monty.version() {
            Some(_) => all.push(("monty", Arc::new(monty))),
            None => println!("monty is left out: its worker is not found"),
        }
    }
    all.retain(|(name, _)| names.is_empty() || names.iter().any(|wanted| wanted == name));
    all
}

/// Runs all problems, or those of these ids, and the question about the log over each interpreter.
///
/// # Errors
///
/// When the model cannot be reached. What it cannot solve is counted.
pub async fn run(cx: &Context, names: &[String], ids: &[String]) -> Result<()> {
    let rows = include_str!("code_questions.jsonl").lines();
    let mut rows: Vec<Row> = rows.map(serde_json::from_str).collect::<Result<_, _>>()?;
    rows.retain(|row| ids.is_empty() || ids.contains(&row.id));
    let interpreters = interpreters(names);
    if interpreters.is_empty() {
        let message = format!("there is no interpreter of {names:?}; for monty, add --features monty");
        return Err(dspy::Error::new(ErrorKind::NotConfigured, message));
    }
    let mut table =
        String::from("| interpreter | first try | ran | right | Rlm: turns that ran | right | calls | s |\n");
    table.push_str("|---|---|---|---|---|---|---|---|\n");
    for (name, interpreter) in interpreters {
        let (begun, before) = (Instant::now(), cx.usage().calls);
        let [first, ran, right] = problems(cx, name, interpreter.clone(), &rows).await?;
        let (turns, whole, found) =
            if ids.is_empty() { log(cx, name, interpreter).await? } else { (0, 0, false) };
        table += &format!(
            "| {name} | {first} of {} | {ran} | {right} | {whole} of {turns} | {found} | {} | {:.0} |\n",
            rows.len(),
            cx.usage().calls - before,
            begun.elapsed().as_secs_f64()
        );
    }
    println!("{table}");
    Ok(())
}

/// How many ran at the first try, ran at all, and were right.
async fn problems(
    cx: &Context,
    name: &str,
    interpreter: Arc<dyn Interpreter>,
    rows: &[Row],
) -> Result<[usize; 3]> {
    let program = ProgramOfThought::<Problem>::new(interpreter);
    let mut counts = [0; 3];
    for row in rows {
        match program.call(cx, ProblemInput { question: row.question.clone() }).await {
            Ok(reply) => {
                let is_right = (reply.number - row.answer).abs() < 0.006;
                counts[0] += usize::from(reply.trajectory.len() == 1);
                counts[1] += 1;
                counts[2] += usize::from(is_right);
                println!("{name} {} {} of {}", row.id, reply.number, row.answer);
                reply.trajectory.iter().for_each(|turn| refused(name, &row.id, turn));
            }
            Err(error) if matches!(error.kind(), ErrorKind::Parse | ErrorKind::Code) => {
                println!("{name} {} error: {error}", row.id);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(counts)
}

/// Prints the code that did not run.
fn refused(name: &str, id: &str, turn: &CodeTurn) {
    if let Some(error) = &turn.ran.error {
        println!("{name} {id} refused: {error}\n{}", turn.code);
    }
}

/// How many turns an exploration took, in how many the code ran, and whether the number was right.
async fn log(cx: &Context, name: &str, interpreter: Arc<dyn Interpreter>) -> Result<(usize, usize, bool)> {
    let towns = ["Lyon", "Turin", "Ghent", "Porto", "Malmo", "Graz", "Brno"];
    let line = |n: usize| {
        let (town, weight) = (towns[n * n % towns.len()], 1 + n * 37 % 29);
        format!("parcel {n}; to {town}; {weight} kg; {}", if n * 13 % 11 < 4 { "late" } else { "in time" })
    };
    let lines: Vec<String> = (1..=1000).map(line).collect();
    let is_counted = |line: &&String| line.contains("to Lyon;") && line.contains("; late");
    let expected = lines.iter().filter(is_counted).count() as u64;
    let input = LogInput { log: lines.join("\n"), question: "How many parcels to Lyon were late?".into() };
    match Rlm::<Log>::new(interpreter).turns(8).call(cx, input).await {
        Ok(reply) => {
            println!("{name} log {} of {expected} {:?}", reply.number, reply.stop_reason);
            reply.trajectory.iter().for_each(|turn| refused(name, "log", turn));
            let ran = reply.trajectory.iter().filter(|turn| turn.ran.error.is_none()).count();
            Ok((reply.trajectory.len(), ran, reply.number == expected))
        }
        Err(error) if matches!(error.kind(), ErrorKind::Parse | ErrorKind::Code) => {
            println!("{name} log error: {error}");
            Ok((0, 0, false))
        }
        Err(error) => Err(error),
    }
}
